#include "reference/error.h"

namespace convcheck {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Rank: return "Rank";
    case ErrorKind::DataType: return "DataType";
    case ErrorKind::BorderMode: return "BorderMode";
    case ErrorKind::Stride: return "Stride";
    case ErrorKind::Dilation: return "Dilation";
    case ErrorKind::Groups: return "Groups";
    case ErrorKind::Channels: return "Channels";
    case ErrorKind::Batch: return "Batch";
    case ErrorKind::FilterShape: return "FilterShape";
    case ErrorKind::InputShape: return "InputShape";
    case ErrorKind::OutputShape: return "OutputShape";
    case ErrorKind::Regions: return "Regions";
    case ErrorKind::Ratio: return "Ratio";
    case ErrorKind::Overflow: return "Overflow";
    case ErrorKind::Memory: return "Memory";
    case ErrorKind::Syntax: return "Syntax";
    case ErrorKind::Flag: return "Flag";
    case ErrorKind::Unsupported: return "Unsupported";
  }
  return "unknown";
}

}  // namespace convcheck

// The one exception of convcheck: a caller's wrong input, refused before anything is written.
#pragma once

#include <stdexcept>
#include <string>

namespace convcheck {

enum class ErrorKind {
  Rank,         // a tensor, tuple or shape has the wrong number of axes
  DataType,     // a data type is unknown, or does not fit the others or the backend
  BorderMode,   // a border mode is unknown, malformed, or has a negative pad
  Stride,       // a stride (subsample, input dilation) is below 1
  Dilation,     // a dilation is below 1
  Groups,       // the number of groups is below 1 or divides channels or filters with a remainder
  Channels,     // channels of two operands contradict one another
  Batch,        // batch sizes contradict one another
  FilterShape,  // a filter extent is below 1, or a filter shape contradicts another argument
  InputShape,   // an input extent is negative, or an input shape contradicts another argument
  OutputShape,  // the output would be empty, or an output contradicts input and filters
  Regions,      // the regions of unshared filters are not the output's extents
  Ratio,        // an upsampling ratio is missing, given twice, or below 1
  Overflow,     // a size or an index does not fit in 63 bits
  Memory,       // a null pointer, the wrong memory kind, overlapping operands, or a failed allocation
  Syntax,       // a text (case line, border mode, flag) cannot be read
  Flag,         // an unknown flag, a flag's wrong value, or flags that exclude every backend
  Unsupported,  // no backend, or not the chosen one, does what was asked for
};

// "Rank", "DataType", ...: the enumerator's own name.
const char* to_string(ErrorKind kind);

// what() reads "<argument> = <value>: expected <expected>".
class ConvError : public std::invalid_argument {
 public:
  ConvError(ErrorKind kind, std::string argument, std::string value, std::string expected)
      : std::invalid_argument(argument + " = " + value + ": expected " + expected),
        kind_(kind),
        argument_(std::move(argument)),
        value_(std::move(value)),
        expected_(std::move(expected)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& argument() const { return argument_; }
  const std::string& value() const { return value_; }
  const std::string& expected() const { return expected_; }

 private:
  ErrorKind kind_;
  std::string argument_, value_, expected_;
};

}  // namespace convcheck

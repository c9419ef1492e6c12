#include "checker/load_plugin.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace convcheck {
namespace {

namespace fs = std::filesystem;

using Entry = const ConvcheckPlugin* (*)();

[[noreturn]] void refuse(const std::string& path, const std::string& expected) {
  throw ConvError(ErrorKind::Unsupported, "plugin", path, expected);
}

// What the last dl... call complained about, which names the file once more.
std::string complaint() {
  const char* text = dlerror();
  return text == nullptr ? "no reason given" : text;
}

// Whether the file ends before what its own header says is loaded of it. The system would load it
// and be killed by the first touch of what is missing: a file that is being copied, say.
bool ends_early(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  ElfW(Ehdr) header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  const auto bytes = static_cast<std::streamsize>(segments.size() * sizeof(ElfW(Phdr)));
  if (!file.read(reinterpret_cast<char*>(segments.data()), bytes)) return true;
  const std::uintmax_t size = fs::file_size(path);
  return std::any_of(segments.begin(), segments.end(), [size](const ElfW(Phdr) & one) {
    return one.p_type == PT_LOAD && (one.p_offset > size || one.p_filesz > size - one.p_offset);
  });
}

void check_file(const std::string& path) {
  if (path.empty()) refuse("''", "the path of a shared object");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) refuse(path, "a file: " + error.message());
  if (fs::is_directory(status)) refuse(path, "a shared object: it is a folder");
  // To open a pipe would wait for somebody to write into it.
  if (!fs::is_regular_file(status)) refuse(path, "a shared object: it is no regular file");
  if (ends_early(path)) refuse(path, "a whole shared object: the end of the file is missing");
}

Entry entry_of(const std::string& path) {
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) refuse(path, "a shared object that can be loaded: " + complaint());
  void* symbol = dlsym(handle, "convcheck_plugin");
  if (symbol == nullptr) {
    refuse(path, "a shared object that exports convcheck_plugin, as checker/plugin.h says: " +
                     complaint());
  }
  return reinterpret_cast<Entry>(symbol);
}

const ConvcheckPlugin* call(Entry entry, const std::string& path) {
  try {
    return entry();
  } catch (...) {
    refuse(path, "a convcheck_plugin() that returns; it threw");
  }
}

}  // namespace

BackendPtr load_plugin(const std::string& path) {
  check_file(path);
  const ConvcheckPlugin* plugin = call(entry_of(path), path);
  if (plugin == nullptr)
    refuse(path, "a plugin that works on this machine: convcheck_plugin() returned NULL");
  return plugin_backend(path, *plugin);
}

}  // namespace convcheck

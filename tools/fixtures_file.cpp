#include "tools/fixtures_file.h"

#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "fixtures/hdf5.h"
#include "fixtures/read_file.h"
#include "fixtures/sha256.h"
#include "fixtures/whole_file.h"
#include "tools/commands.h"

namespace convcheck {
namespace {

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (line.compare(0, 10, "model name") == 0 && colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

std::string provenance(const GoldenFile& file, const std::string& digest,
                       const std::string& command) {
  std::map<std::string, std::size_t> producers;
  for (const GoldenCase& c : file.cases) ++producers[c.producer];
  const nlohmann::ordered_json json{{"sha256", digest},          {"command", command},
                                    {"date", date_now()},        {"cpu", cpu_name()},
                                    {"program", version_text()}, {"hdf5", hdf5_version()},
                                    {"compiler", __VERSION__},   {"cases_by_producer", producers}};
  return json.dump(2, ' ', true) + "\n";
}

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

GoldenFile load_golden(const std::string& path) { return read_golden(read_file(path)); }

void require_savable(const std::string& path) {
  for (const std::string& one : {path, path + ".provenance.json"}) {
    require_writable(one);
    require_listable(folder_of(one), name_of(one));
  }
}

void save_golden(const GoldenFile& file, const std::string& path, const std::string& command) {
  require_savable(path);
  const std::string image = hdf5::write_image(to_tree(file, path));
  const std::string digest = sha256_of(image);
  const std::string beside = provenance(file, digest, command);
  write_whole(path, image);
  write_whole(path + ".provenance.json", beside);
  const std::string name = name_of(path);
  update_checksums(folder_of(path),
                   {{name, digest}, {name + ".provenance.json", sha256_of(beside)}});
}

}  // namespace convcheck

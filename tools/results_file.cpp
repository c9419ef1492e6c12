#include "tools/results_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <system_error>

#include "tools/results_json.h"
#include "tools/usage_error.h"
#include "tools/verdict_json.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

std::string system_text(int error) { return std::generic_category().message(error); }

using Numbers = std::set<std::size_t>;  // of the cases that were read

void read_line(const Json& json, Results& results, Numbers& numbers) {
  if (json.contains("end")) {
    results.end = end_from_json(json.at("end"));
    return;
  }
  results.cases.push_back(case_from_json(json, results.header));
  if (!numbers.insert(results.cases.back().number).second)
    throw std::invalid_argument("n: expected each case once");
  results.lines.push_back(json.at("case").get<std::string>());
  parse_case(results.lines.back());
  results.end.reset();
}

std::vector<std::string> names(const RunHeader& header) {
  std::vector<std::string> all;
  for (const BackendLabel& one : header.backends)
    all.push_back(one.name + (one.version.empty() ? "" : " " + one.version));
  return all;
}

class Comparison {
 public:
  Comparison(const std::string& path, const std::string& whose) : path_(path), whose_(whose) {}

  template <class Value>
  void require(const char* what, const Value& found, const Value& expected) const {
    if (found == expected) return;
    throw UsageError(fmt::format("{}: {} = {}: expected {}, as {} has", path_, what,
                                 Json(found).dump(), Json(expected).dump(), whose_));
  }

 private:
  const std::string &path_, &whose_;
};

}  // namespace

Results read_results(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || (in.peek(), in.bad())) throw UsageError(path + ": expected a file that can be read");
  in.clear();
  Results results;
  Numbers numbers;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line) && !in.eof(); ++number) {
    try {
      const Json json = Json::parse(line);
      if (number == 1) {
        results.header = header_from_json(json);
      } else {
        read_line(json, results, numbers);
      }
    } catch (const std::exception& error) {
      throw UsageError(
          fmt::format("{}:{}: expected a line of a result file ({})", path, number, error.what()));
    }
    results.bytes += static_cast<std::int64_t>(line.size()) + 1;
  }
  if (in.bad()) throw UsageError(path + ": expected a file that can be read to its end");
  if (results.bytes == 0) throw UsageError(path + ": expected a result file, it has no whole line");
  return results;
}

void require_same_run(const std::string& path, const RunHeader& found, const std::string& whose,
                      const RunHeader& expected) {
  const Comparison same(path, whose);
  same.require("version", found.version, expected.version);
  same.require("backends", names(found), names(expected));
  same.require("named", found.named, expected.named);
  same.require("rules", found.rules, expected.rules);
  same.require("cases", found.cases, expected.cases);
  same.require("digest of the cases", found.digest, expected.digest);
  same.require("threads", found.threads, expected.threads);
  same.require("shards", found.shard.count, expected.shard.count);
  same.require("units of each shard", found.units_by_shard, expected.units_by_shard);
}

ResultsWriter::ResultsWriter(const std::string& path, std::int64_t kept) : path_(path) {
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) {
    throw UsageError(path + ": expected a file that can be written (" + system_text(errno) + ")");
  }
  // A pipe or a terminal cannot be locked or cut, and need not be.
  if (flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(file_);
    throw UsageError(path + ": expected a file that no other run is writing");
  }
  if (ftruncate(file_, kept) != 0 && kept > 0) {
    const int error = errno;
    close(file_);
    throw UsageError(path + ": expected a file that can be continued (" + system_text(error) + ")");
  }
}

ResultsWriter::~ResultsWriter() { close(file_); }

void ResultsWriter::write(const RunHeader& header) {
  append(one_line(header_json(header)));
  sync();
}

void ResultsWriter::write(const RunHeader& header, const Case& c, const CaseResult& result) {
  CaseResult lean = result;
  for (UnitResult& unit : lean.units) {
    if (unit.verdict.worst && unit.verdict.worst->map && maps_left_-- <= 0)
      unit.verdict.worst->map.reset();
  }
  append(one_line(case_json(header, c, lean)));
  if (std::chrono::steady_clock::now() - synced_ > std::chrono::seconds(1)) sync();
}

void ResultsWriter::write(const RunEnd& end) {
  append(one_line(end_json(end)));
  sync();
}

void ResultsWriter::append(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t some = ::write(file_, text.data() + done, text.size() - done);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) throw std::runtime_error(path_ + ": writing failed (" + system_text(errno) + ")");
    done += static_cast<std::size_t>(some);
  }
}

void ResultsWriter::sync() {
  synced_ = std::chrono::steady_clock::now();
  if (fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) {
    throw std::runtime_error(path_ + ": writing failed (" + system_text(errno) + ")");
  }
}

}  // namespace convcheck

#include "fast/tuning.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "fast/flags.h"
#include "reference/case.h"
#ifdef CONVCHECK_HAVE_CUDA
#include "fast/cuda/errors.h"
#endif

namespace convcheck {
namespace {

namespace files = std::filesystem;

// 1 had no settings.
constexpr const char* kHeader = "convcheck tuning 2";
constexpr const char* kEnd = "end";
constexpr const char* kSuffix = ".tuning";
constexpr std::uintmax_t kLargestFile = 1 << 20;

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// FNV-1a of 64 bits: the same in every process, which std::hash need not be.
std::uint64_t hash(const std::string& text) {
  std::uint64_t value = 14695981039346656037u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return value;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string line, part;
  while (std::getline(file, line)) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    if (line.rfind("model name", 0) == 0) return one_line(line.substr(colon + 2));
    if (line.rfind("CPU part", 0) == 0) part = "CPU part " + line.substr(colon + 2);
  }
  return part.empty() ? "unknown" : one_line(part);
}

std::string layout_of(const Operands& operands) {
  const TensorView* const views[] = {&operands.x, &operands.w, &operands.y};
  std::string text;
  for (int i = 0; i < 3; ++i) {
    if (views[i]->contiguous()) continue;
    text += (text.empty() ? "" : " ") + std::string(1, "xwy"[i]);
    for (const std::int64_t stride : views[i]->strides) text += "," + std::to_string(stride);
  }
  return text;
}

// Of dnn_conv: which plans it has, which of them it takes and how they add up. Texts that mean the
// same are told apart; to measure twice costs less than to mix up.
std::string cudnn_settings(Direction direction) {
  const FlagValues values = flags().values();
  const std::string algorithm =
      direction == Direction::Forward      ? "algo_fwd=" + values.dnn_conv_algo_fwd
      : direction == Direction::GradInputs ? "algo_bwd_data=" + values.dnn_conv_algo_bwd_data
                                           : "algo_bwd_filter=" + values.dnn_conv_algo_bwd_filter;
  return "dnn.enabled=" + values.dnn_enabled + " dnn.conv." + algorithm +
         " dnn.conv.precision=" + values.dnn_conv_precision;
}

// Reads "word rest" lines.
class Lines {
 public:
  explicit Lines(const std::string& text) : stream_(text) {}

  std::optional<std::string> after(const std::string& word) {
    std::string line;
    if (!std::getline(stream_, line) || line.rfind(word + " ", 0) != 0) return std::nullopt;
    return line.substr(word.size() + 1);
  }
  std::optional<std::string> line() {
    std::string line;
    return std::getline(stream_, line) ? std::optional(line) : std::nullopt;
  }

 private:
  std::istringstream stream_;
};

std::optional<double> to_seconds(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool all = error == std::errc() && end == text.data() + text.size();
  return all && std::isfinite(seconds) && seconds >= 0 ? std::optional(seconds) : std::nullopt;
}

// "time direct 1.5e-3", "refused direct REASON" or "wrong direct REASON".
std::optional<Timing> to_timing(const std::string& line) {
  const auto name = line.find(' ');
  const auto rest = name == std::string::npos ? name : line.find(' ', name + 1);
  if (rest == std::string::npos) return std::nullopt;
  const std::string kind = line.substr(0, name);
  Timing timing{.backend = line.substr(name + 1, rest - name - 1)};
  if (kind == "time") {
    const std::optional<double> seconds = to_seconds(line.substr(rest + 1));
    if (!seconds) return std::nullopt;
    timing.seconds = *seconds;
    return timing;
  }
  timing.reason = line.substr(rest + 1);
  timing.wrong = kind == "wrong";
  return (kind == "wrong" || kind == "refused") && !timing.reason.empty() ? std::optional(timing)
                                                                          : std::nullopt;
}

std::optional<TuningKey> read_key(Lines& lines) {
  TuningKey key;
  const std::pair<const char*, std::string*> fields[] = {{"problem", &key.problem},
                                                         {"layout", &key.layout},
                                                         {"machine", &key.machine},
                                                         {"candidates", &key.candidates},
                                                         {"settings", &key.settings}};
  for (const auto& [word, field] : fields) {
    const std::optional<std::string> text = lines.after(word);
    if (!text) return std::nullopt;
    *field = *text;
  }
  const std::optional<std::string> threads = lines.after("threads");
  if (!threads) return std::nullopt;
  const auto [end, error] =
      std::from_chars(threads->data(), threads->data() + threads->size(), key.threads);
  const bool number = error == std::errc() && end == threads->data() + threads->size();
  return number ? std::optional(key) : std::nullopt;
}

std::optional<Tuning> read_file(const files::path& path) {
  std::error_code error;
  if (!files::is_regular_file(path, error) || files::file_size(path, error) > kLargestFile) {
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? read_tuning(text.str()) : std::nullopt;
}

}  // namespace

const std::string& machine_name() {
  static const std::string name = processor();
  return name;
}

TuningKey tuning_key(const ConvProblem& problem, const Operands& operands,
                     const RunContext& context, const std::vector<BackendPtr>& candidates) {
  Case c = make_case(problem, operands.x.type);
  c.w_type = operands.w.type;
  c.y_type = operands.y.type;
  TuningKey key{.problem = to_string(c), .layout = layout_of(operands), .machine = machine_name()};
  key.candidates = "convcheck " CONVCHECK_VERSION;
  for (const BackendPtr& candidate : candidates) {
    const std::string version = candidate->version();
    key.candidates += ", " + one_line(candidate->name() + (version.empty() ? "" : " " + version));
  }
  const auto all = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  key.threads = context.threads > 0 ? context.threads : all;
  if (operands.x.memory == MemoryKind::Cuda) key.settings = cudnn_settings(problem.direction);
#ifdef CONVCHECK_HAVE_CUDA
  if (operands.x.memory == MemoryKind::Cuda) {
    key.machine = one_line(gpu::device_name());
    key.threads = 1;
  }
#endif
  return key;
}

std::string to_text(const TuningKey& key) {
  return "problem " + key.problem + "\nlayout " + key.layout + "\nmachine " + key.machine +
         "\ncandidates " + key.candidates + "\nsettings " + key.settings + "\nthreads " +
         std::to_string(key.threads) + "\n";
}

std::string to_text(const Tuning& tuning) {
  std::string text = std::string(kHeader) + "\n" + to_text(tuning.key);
  text += "chosen " + tuning.chosen + "\n";
  for (const Timing& timing : tuning.timings) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.17g", timing.seconds);
    const char* const kind = timing.reason.empty() ? "time " : timing.wrong ? "wrong " : "refused ";
    text += kind + timing.backend + " " +
            (timing.reason.empty() ? seconds : one_line(timing.reason)) + "\n";
  }
  return text + kEnd + "\n";
}

std::optional<Tuning> read_tuning(const std::string& text) {
  Lines lines(text);
  if (lines.line() != kHeader) return std::nullopt;
  const std::optional<TuningKey> key = read_key(lines);
  const std::optional<std::string> chosen = key ? lines.after("chosen") : std::nullopt;
  if (!chosen) return std::nullopt;
  Tuning tuning{.key = *key, .chosen = *chosen, .timings = {}};
  bool measured = false;
  for (std::optional<std::string> line = lines.line(); line != kEnd; line = lines.line()) {
    const std::optional<Timing> timing = line ? to_timing(*line) : std::nullopt;
    if (!timing) return std::nullopt;
    measured |= timing->backend == tuning.chosen && timing->reason.empty();
    tuning.timings.push_back(*timing);
  }
  return measured && !lines.line() ? std::optional(tuning) : std::nullopt;
}

std::string tuning_folder() {
  const auto absolute = [](const char* name) -> files::path {
    const char* const text = std::getenv(name);
    const files::path path(text == nullptr ? "" : text);
    return path.is_absolute() ? path : files::path();
  };
  files::path cache = absolute("XDG_CACHE_HOME");
  if (cache.empty() && !absolute("HOME").empty()) cache = absolute("HOME") / ".cache";
  return cache.empty() ? "" : (cache / "convcheck" / "tuning-2").string();
}

std::string TuningTable::path(const TuningKey& key) const {
  return (files::path(folder_) / (hex(hash(to_text(key))) + kSuffix)).string();
}

std::optional<Tuning> TuningTable::find(const TuningKey& key) const {
  if (folder_.empty()) return std::nullopt;
  std::optional<Tuning> found = read_file(path(key));
  return found && found->key == key ? found : std::nullopt;
}

bool TuningTable::keep(const Tuning& tuning) const {
  if (folder_.empty()) return false;
  std::error_code error;
  files::create_directories(folder_, error);
  std::random_device random;
  const std::string place = path(tuning.key);
  const std::string beside = place + "." + hex((std::uint64_t{random()} << 32) | random());
  {
    std::ofstream file(beside, std::ios::binary);
    file << to_text(tuning);
    file.close();
    if (file) files::rename(beside, place, error);
    if (file && !error) return true;
  }
  files::remove(beside, error);
  return false;
}

std::vector<Tuning> TuningTable::all() const {
  std::vector<Tuning> found;
  std::error_code error;
  if (folder_.empty()) return found;
  for (files::directory_iterator at(folder_, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != kSuffix) continue;
    if (std::optional<Tuning> one = read_file(at->path())) found.push_back(std::move(*one));
  }
  std::sort(found.begin(), found.end(),
            [](const Tuning& a, const Tuning& b) { return to_text(a.key) < to_text(b.key); });
  return found;
}

}  // namespace convcheck

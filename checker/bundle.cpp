#include "checker/bundle.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include "checker/projection/planes.h"

namespace convcheck {
namespace {

constexpr const char* kHeading = "convcheck bundle 1";

std::mutex& format_mutex() {
  static std::mutex mutex;
  return mutex;
}
BundleFormat& format_in_use() {
  static BundleFormat format;
  return format;
}

void write_tensor(std::ostream& out, const char* name, const Tensor& tensor) {
  const std::size_t bytes = static_cast<std::size_t>(tensor.size()) * size_of(tensor.type());
  out << "tensor " << name << ' ' << to_string(tensor.type()) << ' ' << to_string(tensor.shape())
      << ' ' << bytes << '\n';
  out.write(static_cast<const char*>(tensor.view().data), static_cast<std::streamsize>(bytes));
  out << '\n';
}

// Reads a plain bundle from a stream of a known size.
class Reader {
 public:
  Reader(std::istream& in, std::string path, std::int64_t size)
      : in_(in), path_(std::move(path)), size_(size) {}

  Bundle read() {
    if (line() != kHeading) fail(std::string("it does not begin with '") + kHeading + "'");
    Bundle bundle;
    int tensors = 0;
    for (std::string next = line(); next != "end"; next = line()) {
      std::istringstream words(next);
      std::string kind, name;
      words >> kind >> name;
      if (kind == "text") {
        bundle.texts[name] = text(words);
      } else if (kind == "tensor" && (name == "x" || name == "w" || name == "y")) {
        (name == "x" ? bundle.x : name == "w" ? bundle.w : bundle.y) = tensor(words);
        ++tensors;
      } else {
        fail("'" + next.substr(0, 80) + "' is no part of one");
      }
    }
    if (in_.peek() != std::char_traits<char>::eof()) fail("something follows its end");
    if (tensors != 0 && tensors != 3) fail("it has some of its operands only");
    bundle.has_operands = tensors == 3;
    return bundle;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw BundleError(path_ + ": not a plain bundle: " + why);
  }

  std::string line() {
    std::string text;
    for (char c = 0; in_.get(c) && c != '\n';) {
      text += c;
      if (text.size() > kLongestLine) fail("a line is too long");
    }
    if (!in_) fail("it ends before its end");
    return text;
  }

  std::int64_t bytes(std::istream& words) {
    std::int64_t count = -1;
    std::string more;
    if (!(words >> count) || words >> more || count < 0 || count > size_ - in_.tellg()) {
      fail("a size is none, or more than the file has");
    }
    return count;
  }

  void end_of_part() {
    if (in_.get() != '\n' || !in_) fail("a part is longer or shorter than it says");
  }

  std::string text(std::istream& words) {
    std::string text(static_cast<std::size_t>(bytes(words)), '\0');
    in_.read(text.data(), static_cast<std::streamsize>(text.size()));
    end_of_part();
    return text;
  }

  Tensor tensor(std::istream& words) {
    std::string type, extents;
    words >> type >> extents;
    try {
      const DataType data_type = parse_data_type(type);
      Shape shape;
      std::istringstream numbers(extents);
      for (std::string number; std::getline(numbers, number, 'x');) {
        if (number.empty() || number.size() > 18 ||
            number.find_first_not_of("0123456789") != std::string::npos) {
          fail("extents " + extents);
        }
        shape.push_back(std::stoll(number));
      }
      const std::int64_t count = bytes(words);
      if (count / static_cast<std::int64_t>(size_of(data_type)) != element_count(shape) ||
          count % static_cast<std::int64_t>(size_of(data_type)) != 0) {
        fail("a tensor's size is not that of its extents");
      }
      Tensor tensor(shape, data_type);
      in_.read(static_cast<char*>(tensor.view().data), count);
      end_of_part();
      return tensor;
    } catch (const ConvError& error) {
      fail(error.what());
    }
  }

  std::istream& in_;
  std::string path_;
  std::int64_t size_;
};

}  // namespace

Case bundle_case(const Bundle& bundle) {
  try {
    const Case c = parse_case(bundle.text("case"));
    const ConvProblem problem = conv_problem(c);
    if (bundle.has_operands) check_call(problem, bundle.operands());
    return c;
  } catch (const ConvError& error) {
    throw BundleError(std::string("the bundle's case: ") + error.what());
  }
}

void write_atomically(const std::string& path,
                      const std::function<void(const std::string&)>& write) {
  static std::atomic<int> number{0};
  const std::string beside =
      path + ".part-" + std::to_string(getpid()) + "-" + std::to_string(number++);
  try {
    write(beside);
    std::filesystem::rename(beside, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    throw BundleError(path + ": " + error.what());
  }
}

void write_plain_bundle(const std::string& path, const Bundle& bundle) {
  write_atomically(path, [&](const std::string& beside) {
    std::ofstream out(beside, std::ios::binary);
    out << kHeading << '\n';
    for (const auto& [name, text] : bundle.texts) {
      out << "text " << name << ' ' << text.size() << '\n' << text << '\n';
    }
    if (bundle.has_operands) {
      write_tensor(out, "x", bundle.x);
      write_tensor(out, "w", bundle.w);
      write_tensor(out, "y", bundle.y);
    }
    out << "end\n";
    out.close();
    if (!out) throw std::runtime_error("it could not be written");
  });
}

Bundle read_plain_bundle(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw BundleError(path + ": it cannot be opened");
  in.seekg(0, std::ios::end);
  const std::int64_t size = in.tellg();
  in.seekg(0);
  if (!in || size < 0) throw BundleError(path + ": it cannot be read");
  return Reader(in, path, size).read();
}

CutCall cut_around(const ConvProblem& problem, const Operands& operands, const Index& at) {
  using projection::part;
  CutCall cut{problem, operands};
  const bool of_weights = problem.direction == Direction::GradWeights;
  const bool of_inputs = problem.direction == Direction::GradInputs;
  const std::int64_t channels = problem.group_channels(), filters = problem.group_filters();
  const std::int64_t g =
      of_weights || !of_inputs ? at[of_weights ? 0 : 1] / filters : at[1] / channels;
  const std::size_t c_axis = problem.unshared ? 1 + problem.rank : 1;  // of w
  // Which images, channels and filters of the group are kept.
  struct Kept {
    std::int64_t first, count;
  };
  const Kept n = of_weights ? Kept{0, problem.batch} : Kept{at[0], 1};
  const Kept k = of_inputs ? Kept{0, filters} : Kept{at[of_weights ? 0 : 1] - g * filters, 1};
  const Kept c = of_weights  ? Kept{at[c_axis], 1}
                 : of_inputs ? Kept{at[1] - g * channels, 1}
                             : Kept{0, channels};
  Operands& o = cut.operands;
  o.x = part(part(o.x, 0, n.first, n.count), 1, g * channels + c.first, c.count);
  o.w = part(part(o.w, 0, g * filters + k.first, k.count), c_axis, c.first, c.count);
  o.y = part(part(o.y, 0, n.first, n.count), 1, g * filters + k.first, k.count);
  cut.problem.batch = n.count;
  cut.problem.channels = c.count;
  cut.problem.filters = k.count;
  cut.problem.groups = 1;
  return cut;
}

void set_bundle_format(BundleFormat format) {
  const std::lock_guard lock(format_mutex());
  format_in_use() = std::move(format);
}

BundleFormat bundle_format() {
  const std::lock_guard lock(format_mutex());
  return format_in_use();
}

}  // namespace convcheck

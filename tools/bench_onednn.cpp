#include "tools/bench_onednn.h"

#ifdef CONVCHECK_HAVE_ONEDNN

#include <chrono>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "checker/parallel.h"
#include "fast/onednn/threads.h"

namespace convcheck {
namespace {

using dnnl::memory;

// A primitive with its operands, and reorders around it where it wants other layouts: all is made
// before the first call.
class Prepared {
 public:
  Prepared(const ConvProblem& problem, bool blocked)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_), written_(written(problem)) {
    const auto dims = [](const Shape& shape) { return memory::dims(shape.begin(), shape.end()); };
    const std::array<memory::dims, 3> shapes{dims(problem.x_shape()), filter_dims(problem),
                                             dims(problem.y_shape())};
    const std::array<memory::format_tag, 3> tags = plain_tags(problem);
    for (int i = 0; i < 3; ++i) {
      plain_[i] = {shapes[i], memory::data_type::f32, tags[i]};
      asked_[i] = blocked ? memory::desc{shapes[i], memory::data_type::f32, memory::format_tag::any}
                          : plain_[i];
    }
    make(problem);
    for (int i = 0; i < 3; ++i) {
      outer_[i] = memory(plain_[i], engine_, nullptr);
      inner_[i] = chosen_[i] == plain_[i] ? outer_[i] : memory(chosen_[i], engine_);
      if (chosen_[i] == plain_[i]) continue;
      reorders_[i] =
          i == written_ ? dnnl::reorder(inner_[i], outer_[i]) : dnnl::reorder(outer_[i], inner_[i]);
    }
    const bool forward = problem.direction == Direction::Forward;
    arguments_ = {{written_ == 0 ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, inner_[0]},
                  {written_ == 1 ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, inner_[1]},
                  {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, inner_[2]}};
  }

  // Returns the seconds of the convolution alone, without reorders.
  double run(const Operands& operands) {
    const std::array<void*, 3> data{operands.x.data, operands.w.data, operands.y.data};
    for (int i = 0; i < 3; ++i) {
      outer_[i].set_data_handle(
          data[i]);  // inner_[i] is the same object where nothing is reordered
      if (reorders_[i] && i != written_) reorders_[i].execute(stream_, outer_[i], inner_[i]);
    }
    stream_.wait();
    const auto start = std::chrono::steady_clock::now();
    primitive_.execute(stream_, arguments_);
    stream_.wait();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (reorders_[written_]) {
      reorders_[written_].execute(stream_, inner_[written_], outer_[written_]);
      stream_.wait();
    }
    return seconds;
  }

 private:
  // Which operand: x, w, y.
  static int written(const ConvProblem& problem) {
    if (problem.direction == Direction::Forward) return 2;
    return problem.direction == Direction::GradInputs ? 0 : 1;
  }

  static memory::dims filter_dims(const ConvProblem& problem) {
    const Shape shape = problem.w_shape();
    memory::dims dims(shape.begin(), shape.end());
    if (problem.groups == 1) return dims;
    dims[0] /= problem.groups;
    dims.insert(dims.begin(), problem.groups);
    return dims;
  }

  static std::array<memory::format_tag, 3> plain_tags(const ConvProblem& problem) {
    using Tag = memory::format_tag;
    static const Tag data[] = {Tag::ncw, Tag::nchw, Tag::ncdhw};
    static const Tag filters[] = {Tag::oiw, Tag::oihw, Tag::oidhw};
    static const Tag grouped[] = {Tag::goiw, Tag::goihw, Tag::goidhw};
    const std::size_t i = problem.rank - 1;
    return {data[i], problem.groups == 1 ? filters[i] : grouped[i], data[i]};
  }

  void make(const ConvProblem& problem) {
    memory::dims strides, dilations, before, after;
    for (const Window& window : problem.axes()) {
      strides.push_back(window.stride);
      dilations.push_back(window.dilation - 1);
      before.push_back(window.pad_before);
      after.push_back(window.pad_after);
    }
    const auto algorithm = dnnl::algorithm::convolution_direct;
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, algorithm, asked_[0], asked_[1], asked_[2], strides,
         dilations, before, after},
        engine_);
    if (problem.direction == Direction::Forward) {
      keep(forward.src_desc(), forward.weights_desc(), forward.dst_desc());
      primitive_ = dnnl::convolution_forward(forward);
    } else if (problem.direction == Direction::GradInputs) {
      const dnnl::convolution_backward_data::primitive_desc backward(
          {algorithm, asked_[0], asked_[1], asked_[2], strides, dilations, before, after}, engine_,
          forward);
      keep(backward.diff_src_desc(), backward.weights_desc(), backward.diff_dst_desc());
      primitive_ = dnnl::convolution_backward_data(backward);
    } else {
      const dnnl::convolution_backward_weights::primitive_desc backward(
          {algorithm, asked_[0], asked_[1], asked_[2], strides, dilations, before, after}, engine_,
          forward);
      keep(backward.src_desc(), backward.diff_weights_desc(), backward.diff_dst_desc());
      primitive_ = dnnl::convolution_backward_weights(backward);
    }
  }

  void keep(const memory::desc& x, const memory::desc& w, const memory::desc& y) {
    chosen_ = {x, w, y};
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  int written_;
  dnnl::primitive primitive_;
  std::array<memory::desc, 3> plain_, asked_, chosen_;
  std::array<memory, 3> outer_, inner_;
  std::array<dnnl::reorder, 3> reorders_;
  std::unordered_map<int, memory> arguments_;
};

// Prepares a problem once.
class OneDnn final : public OneDnnPeer {
 public:
  OneDnn(bool blocked, int threads) : blocked_(blocked), threads_(thread_count(threads)) {}

  std::string name() const override { return blocked_ ? "onednn any" : "onednn nchw"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (operands.x.type != DataType::F32) return Support::no("needs f32");
    if (problem.flip || problem.unshared) return Support::no("needs shared filters, not flipped");
    try {
      const onednn::Threads threads(threads_);
      prepare(problem);
    } catch (const dnnl::error& error) {
      return Support::no(error.what());
    }
    return Support::yes();
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext&) const override {
    const onednn::Threads threads(threads_);
    seconds_ = prepare(problem).run(operands);
  }
  double convolution_seconds() const override { return seconds_; }

 private:
  Prepared& prepare(const ConvProblem& problem) const {
    const std::string key = to_string(problem);
    const auto found = prepared_.find(key);
    if (found != prepared_.end()) return found->second;
    prepared_.clear();
    return prepared_.emplace(key, Prepared(problem, blocked_)).first->second;
  }

  bool blocked_;
  int threads_;
  mutable double seconds_ = 0;
  mutable std::map<std::string, Prepared> prepared_;
};

}  // namespace

std::shared_ptr<const OneDnnPeer> onednn_peer(bool blocked, int threads) {
  return std::make_shared<OneDnn>(blocked, threads);
}

}  // namespace convcheck

#else

namespace convcheck {
std::shared_ptr<const OneDnnPeer> onednn_peer(bool, int) { return nullptr; }
}  // namespace convcheck

#endif

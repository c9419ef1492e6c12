#include "checker/device/samples.h"

#include <algorithm>
#include <utility>

#include "checker/sample.h"

namespace convcheck::device {
namespace {

constexpr std::int64_t kItems = 4096;  // of all elements together: 100 kB of sums

std::int64_t number_of(const Index& at, const Shape& shape) {
  std::int64_t number = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) number = number * shape[axis] + at[axis];
  return number;
}

}  // namespace

Samples::Samples(const Device& device, const ConvProblem& problem, const Operands& operands,
                 std::vector<Index> elements, void* stream)
    : elements_(std::move(elements)) {
  if (elements_.empty()) return;
  const auto count = static_cast<std::int64_t>(elements_.size());
  SumWork work = sum_work(problem, operands);
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    work.chosen[i] = number_of(elements_[i], problem.result_shape());
  }
  work.elements = count;
  work.parts = parts_ =
      std::clamp<std::int64_t>(std::min(kItems / count, oracle_steps(problem)), 1, kItems);
  const auto items = static_cast<std::size_t>(count * parts_);
  const std::size_t sums = items * sizeof(ElementSum);
  const std::size_t bytes = sums + elements_.size() * sizeof(double);
  const StreamMemory memory(device, stream, bytes);
  work.sums = reinterpret_cast<ElementSum*>(memory.data());
  work.got = reinterpret_cast<double*>(memory.data() + sums);
  device.launch(work, count * parts_, stream);
  arrival_ = device.send_to_host(memory.data(), bytes, stream);
}

std::vector<SampledElement> Samples::elements() const {
  std::vector<SampledElement> all;
  if (elements_.empty()) return all;
  const auto* const sums = reinterpret_cast<const ElementSum*>(arrival_->wait());
  const auto count = static_cast<std::int64_t>(elements_.size());
  const auto* const got = reinterpret_cast<const double*>(sums + count * parts_);
  for (std::int64_t i = 0; i < count; ++i) {
    all.push_back(
        {elements_[static_cast<std::size_t>(i)], joined(sums + i, parts_, count), got[i]});
  }
  return all;
}

Sum joined(const ElementSum* first, std::int64_t parts, std::int64_t step) {
  ElementSum values;
  double error = 0;
  Sum sum;
  for (std::int64_t number = 0; number < parts; ++number) {
    const ElementSum& part = first[number * step];
    SumWork::add(values, error, part.value, 1);
    sum.magnitude += part.magnitude;
    sum.terms += part.terms;
  }
  SumWork::correct(values, error);
  sum.value = values.value;
  return sum;
}

}  // namespace convcheck::device

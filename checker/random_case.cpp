#include "checker/random_case.h"

#include <algorithm>
#include <set>

#include "checker/draw.h"
#include "checker/fill.h"
#include "checker/grid_builder.h"
#include "checker/layout.h"
#include "checker/schedule.h"

namespace convcheck {
namespace {

const std::vector<std::int64_t> kPrimes{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};
const std::vector<std::int64_t> kHuge{1023, 1025, 4093, 16385, 65535, 65537, 99991};
const std::vector<std::int64_t> kHugeBatches{65535, 65536, 65537};

// What is large about a case: a huge case is small in all else.
enum class Scale { Ordinary, Channels, Batch, Axis };

class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : draw_(seed) {
    static const std::vector<Scale> kScales{Scale::Ordinary, Scale::Ordinary, Scale::Ordinary,
                                            Scale::Channels, Scale::Channels, Scale::Batch,
                                            Scale::Axis};
    scale_ = draw_.of(kScales);
    case_.rank = static_cast<std::size_t>(draw_.from(1, 3));
    case_.part = draw_.of(std::vector<Part>{Part::Forward, Part::GradInputs, Part::GradWeights});
    case_.flip = draw_.coin();
    case_.unshared = draw_.one_in(8);
    set_types();
    set_counts();
    set_axes();
    if (case_.unshared) case_.w = with_regions(case_);
    if (draw_.coin()) case_.layout = to_string(Layout{layout(), layout(), layout()});
    if (draw_.coin()) case_.fill = to_string(kAllFills[draw_.from(0, 4)]);
    if (case_.fill == to_string(Fill::Narrow)) case_.fill.clear();
    case_.seed = static_cast<std::uint64_t>(draw_.from(1, 999999));
  }

  const Case& made() const { return case_; }

 private:
  DataType type() { return kAllDataTypes[draw_.from(0, 3)]; }

  void set_types() {
    case_.x_type = case_.w_type = case_.y_type = type();
    if (!draw_.one_in(5)) return;
    case_.w_type = type();
    case_.y_type = type();
  }

  // Small, prime, or about a power of two.
  std::int64_t extent() {
    const std::int64_t most = case_.rank == 3 ? 9 : case_.rank == 2 ? 33 : 130;
    std::int64_t drawn = 0;
    switch (draw_.from(0, 2)) {
      case 0:
        drawn = draw_.from(1, 9);
        break;
      case 1:
        drawn = draw_.of(kPrimes);
        break;
      default:
        drawn = (std::int64_t{1} << draw_.from(1, 7)) + draw_.from(-1, 1);
    }
    return drawn <= most ? drawn : draw_.from(1, most);
  }

  std::int64_t count() {
    if (scale_ == Scale::Batch || scale_ == Scale::Axis) return draw_.from(1, 3);
    return draw_.from(1, scale_ == Scale::Channels ? 70 : 9);
  }

  void set_counts() {
    std::int64_t channels = count(), filters = count();
    switch (draw_.from(0, 3)) {
      case 0:
        case_.groups = draw_.from(2, 5);
        break;
      case 1:  // depthwise, mostly with a multiplier
        case_.groups = channels;
        channels = 1;
        filters = draw_.from(1, 3);
        break;
      default:
        break;
    }
    const std::int64_t batch = scale_ == Scale::Batch ? draw_.of(kHugeBatches) : draw_.from(1, 5);
    case_.x = {batch, case_.groups * channels};
    case_.w = {case_.groups * filters, channels};
  }

  std::int64_t filter() {
    if (scale_ == Scale::Batch) return draw_.from(1, 2);
    return draw_.one_in(6) ? draw_.of(kPrimes) % 12 + 1 : draw_.from(1, case_.rank == 3 ? 3 : 5);
  }

  std::int64_t stride(std::int64_t reach) {
    const std::int64_t kind = draw_.from(0, 5);
    return kind == 0 ? reach + draw_.from(1, 3) : kind < 3 ? draw_.from(2, 4) : 1;
  }

  AxisBorder pads(std::int64_t reach) {
    const std::int64_t most = draw_.one_in(5) ? reach + 3 : std::max<std::int64_t>(reach / 2, 1);
    switch (draw_.from(0, 3)) {
      case 0:
        return {0, draw_.from(1, most)};
      case 1:
        return {draw_.from(1, most), 0};
      case 2:
        return draw_.from(0, most);
      default:
        return {draw_.from(0, most), draw_.from(0, most)};
    }
  }

  void set_axes() {
    const auto huge = static_cast<std::size_t>(
        scale_ == Scale::Axis ? draw_.from(0, static_cast<std::int64_t>(case_.rank) - 1) : 3);
    std::vector<AxisBorder> axes;
    Dims reaches;
    for (std::size_t axis = 0; axis < case_.rank; ++axis) {
      case_.w.push_back(filter());
      case_.dilation.push_back(draw_.one_in(3) ? draw_.from(2, 4) : 1);
      const std::int64_t reach = (case_.w.back() - 1) * case_.dilation[axis] + 1;
      reaches.push_back(reach);
      case_.subsample.push_back(stride(reach));
      axes.push_back(pads(reach));
      const bool tiny = scale_ == Scale::Batch || (scale_ == Scale::Axis && axis != huge);
      case_.x.push_back(tiny ? draw_.from(1, 3) : axis == huge ? draw_.of(kHuge) : extent());
    }
    const std::vector<BorderMode> words{valid, half, full};
    case_.border = draw_.one_in(3) ? draw_.of(words) : BorderMode(std::move(axes)).canonical();
    make_room(reaches);
  }

  // Inputs on which the filters have a place.
  void make_room(const Dims& reaches) {
    const std::vector<Pads> pads = case_.border.pads(reaches);
    for (std::size_t axis = 0; axis < case_.rank; ++axis) {
      case_.x[2 + axis] =
          std::max(case_.x[2 + axis], reaches[axis] - pads[axis].before - pads[axis].after);
    }
  }

  OperandLayout layout() {
    OperandLayout one;
    one.order = static_cast<OperandLayout::Order>(draw_.from(0, 2));
    one.spread = static_cast<OperandLayout::Spread>(draw_.from(0, 2));
    one.reversed = draw_.one_in(3);
    one.loose = draw_.one_in(4);
    if (draw_.one_in(3)) one.offset = static_cast<int>(draw_.from(1, 63));
    return one;
  }

  Draw draw_;
  Scale scale_ = Scale::Ordinary;
  Case case_;
};

bool is_affordable(const Case& c) {
  const Cost cost = cost_of(c, {});
  return cost.loops <= kRandomFlops && cost.bytes <= kRandomBytes;
}

std::string unseeded(Case c) {
  c.seed = 1;
  return to_string(c);
}

}  // namespace

std::vector<Case> random_cases(std::int64_t count, std::uint64_t seed) {
  std::vector<Case> cases;
  std::set<std::string> seen;
  for (std::int64_t number = 0; static_cast<std::int64_t>(cases.size()) < count; ++number) {
    const Case c = RandomCase(bits_of(mixed(seed), number)).made();
    if (is_affordable(c) && seen.insert(unseeded(c)).second) cases.push_back(c);
  }
  return cases;
}

}  // namespace convcheck

#include "checker/projection/plane_convolution.h"

#include <algorithm>

#include "checker/projection/kernels.h"
#include "checker/projection/scratch.h"

namespace convcheck::projection {
namespace {

// Planes of several channels are convolved together as long as they are no more numbers than this.
constexpr std::int64_t kTogether = std::int64_t{1} << 14;
// So many outputs and the inputs around them stay in the fastest cache while all taps pass by.
constexpr std::int64_t kNear = 1024;

std::int64_t together(std::int64_t summed, std::int64_t plane) {
  return std::clamp<std::int64_t>(kTogether / std::max<std::int64_t>(plane, 1), 1,
                                  std::max<std::int64_t>(summed, 1));
}

template <class T>
Scratch<T> zeros(std::int64_t count) {
  return Scratch<T>(static_cast<std::size_t>(count));
}

}  // namespace

template <class T>
PlaneConvolution<T>::PlaneConvolution(const ConvProblem& problem)
    : direction_(problem.direction),
      unshared_(problem.unshared),
      groups_(problem.groups),
      summed_(summed_letter(problem)),
      lattice_(problem) {}

template <class T>
std::int64_t PlaneConvolution<T>::size() const {
  switch (direction_) {
    case Direction::GradInputs:
      return groups_ * lattice_.inputs();
    case Direction::GradWeights:
      return groups_ * lattice_.taps() * (unshared_ ? lattice_.outputs() : 1);
    default:
      return groups_ * lattice_.outputs();
  }
}

template <class T>
std::int64_t PlaneConvolution<T>::depth() const {
  if (direction_ != Direction::GradWeights) return summed_ * lattice_.taps();
  return unshared_ ? summed_ : summed_ * lattice_.outputs();
}

template <class T>
std::vector<T> PlaneConvolution<T>::run(const PlaneOperands<T>& of) const {
  std::vector<T> result(static_cast<std::size_t>(size()));
  if (unshared_) {
    unshared(of, result.data());
  } else if (direction_ == Direction::Forward) {
    forward(*of.x, of.w, result.data());
  } else if (direction_ == Direction::GradInputs) {
    grad_inputs(of.w, *of.y, result.data());
  } else {
    grad_weights(*of.x, *of.y, result.data());
  }
  return result;
}

template <class T>
const T* PlaneConvolution<T>::spread(const T* inputs, T* buffer) const {
  if (lattice_.plain()) return inputs;
  lattice_.for_each_input_run(
      [&](std::int64_t from, std::int64_t to, std::int64_t count, std::int64_t step) {
        for (std::int64_t j = 0; j < count; ++j) buffer[to + j] = inputs[from + j * step];
      });
  return buffer;
}

template <class T>
void PlaneConvolution<T>::collect(const T* lattice, T* inputs) const {
  lattice_.for_each_input_run(
      [&](std::int64_t to, std::int64_t from, std::int64_t count, std::int64_t step) {
        for (std::int64_t j = 0; j < count; ++j) inputs[to + j * step] += lattice[from + j];
      });
}

template <class T>
void PlaneConvolution<T>::widen(const T* outputs, T* buffer) const {
  lattice_.for_each_output_row([&](std::int64_t from, std::int64_t to, std::int64_t count) {
    std::copy_n(outputs + from, count, buffer + to);
  });
}

template <class T>
void PlaneConvolution<T>::forward(PlaneSource<T>& x, const T* w, T* y) const {
  const bool plain = lattice_.plain();
  const std::int64_t chunk = together(summed_, lattice_.size()), size = lattice_.size();
  Scratch<T> buffer = zeros<T>(plain ? 0 : chunk * size), wide(std::size_t(lattice_.wide()));
  std::vector<Tap<T>> taps;
  for (std::int64_t g = 0; g < groups_; ++g) {
    std::fill(wide.begin(), wide.end(), T{0});
    for (std::int64_t first = 0; first < summed_; first += chunk) {
      const std::int64_t count = std::min(chunk, summed_ - first);
      const T* inputs = x.planes(g, first, count);
      taps.clear();
      for (std::int64_t m = 0; m < count; ++m) {
        const std::int64_t start = m * size;
        const T* weights = w + (g * summed_ + first + m) * lattice_.taps();
        spread(inputs + m * lattice_.inputs(), buffer.data() + (plain ? 0 : start));
        for (std::int64_t tap = 0; tap < lattice_.taps(); ++tap) {
          taps.push_back({weights[tap], start + lattice_.tap_offset(tap)});
        }
      }
      kernels<T>().add_taps(wide.data(), lattice_.wide(), plain ? inputs : buffer.data(),
                            taps.data(), static_cast<std::int64_t>(taps.size()));
    }
    T* to = y + g * lattice_.outputs();
    lattice_.for_each_output_row([&](std::int64_t out, std::int64_t from, std::int64_t count) {
      std::copy_n(wide.data() + from, count, to + out);
    });
  }
}

// Element j of a part receives the outputs j - shift of the part's taps; outputs before the first
// one are zeros in front of every wide plane.
template <class T>
void PlaneConvolution<T>::grad_inputs(const T* w, PlaneSource<T>& y, T* x) const {
  const std::int64_t part = lattice_.part(), parts = lattice_.parts();
  std::int64_t front = 0;
  for (std::int64_t tap = 0; tap < lattice_.taps(); ++tap) {
    front = std::max(front, lattice_.tap_offset(tap) % part);
  }
  const std::int64_t length = front + part, chunk = together(summed_, length);
  Scratch<T> buffer = zeros<T>(chunk * length), sums(std::size_t(lattice_.size()));
  std::vector<std::vector<Tap<T>>> taps(static_cast<std::size_t>(parts));
  for (std::int64_t g = 0; g < groups_; ++g) {
    std::fill(sums.begin(), sums.end(), T{0});
    for (std::int64_t first = 0; first < summed_; first += chunk) {
      for (auto& list : taps) list.clear();
      const std::int64_t count = std::min(chunk, summed_ - first);
      const T* outputs = y.planes(g, first, count);
      for (std::int64_t m = 0; m < count; ++m) {
        const std::int64_t start = m * length + front;
        const T* weights = w + (g * summed_ + first + m) * lattice_.taps();
        widen(outputs + m * lattice_.outputs(), buffer.data() + start);
        for (std::int64_t tap = 0; tap < lattice_.taps(); ++tap) {
          const std::int64_t at = lattice_.tap_offset(tap);
          taps[static_cast<std::size_t>(at / part)].push_back({weights[tap], start - at % part});
        }
      }
      for (std::int64_t at = 0; at < part; at += kNear) {
        for (std::int64_t number = 0; number < parts; ++number) {
          const auto& list = taps[static_cast<std::size_t>(number)];
          kernels<T>().add_taps(sums.data() + number * part + at, std::min(kNear, part - at),
                                buffer.data() + at, list.data(),
                                static_cast<std::int64_t>(list.size()));
        }
      }
    }
    collect(sums.data(), x + g * lattice_.inputs());
  }
}

template <class T>
void PlaneConvolution<T>::grad_weights(PlaneSource<T>& x, PlaneSource<T>& y, T* w) const {
  const bool gapless = lattice_.wide() == lattice_.outputs();
  Scratch<T> buffer = zeros<T>(lattice_.plain() ? 0 : lattice_.size());
  Scratch<T> wide = zeros<T>(gapless ? 0 : lattice_.wide());
  for (std::int64_t g = 0; g < groups_; ++g) {
    for (std::int64_t m = 0; m < summed_; ++m) {
      const T* inputs = spread(x.planes(g, m, 1), buffer.data());
      const T* outputs = y.planes(g, m, 1);
      if (!gapless) {
        widen(outputs, wide.data());
        outputs = wide.data();
      }
      for (std::int64_t first = 0; first < lattice_.wide(); first += kNear) {
        const std::int64_t count = std::min(kNear, lattice_.wide() - first);
        for (std::int64_t tap = 0; tap < lattice_.taps(); ++tap) {
          w[g * lattice_.taps() + tap] +=
              kernels<T>().dot(outputs + first, inputs + first + lattice_.tap_offset(tap), count);
        }
      }
    }
  }
}

// visit(output's number, its place in a lattice).
template <class T>
template <class Visit>
void PlaneConvolution<T>::for_each_region(const Visit& visit) const {
  lattice_.for_each_output_row([&](std::int64_t o, std::int64_t at, std::int64_t count) {
    for (std::int64_t j = 0; j < count; ++j) visit(o + j, at + j);
  });
}

// Every filter element meets one product a plane, so there is nothing to be gained by blocking.
template <class T>
void PlaneConvolution<T>::unshared(const PlaneOperands<T>& of, T* result) const {
  const std::int64_t taps = lattice_.taps(), outputs = lattice_.outputs();
  Scratch<T> buffer = zeros<T>(lattice_.size());
  for (std::int64_t g = 0; g < groups_; ++g) {
    if (direction_ == Direction::GradInputs) std::fill(buffer.begin(), buffer.end(), T{0});
    for (std::int64_t m = 0; m < summed_; ++m) {
      const bool reads_x = direction_ != Direction::GradInputs;
      const bool reads_y = direction_ != Direction::Forward;
      const T* x = reads_x ? spread(of.x->planes(g, m, 1), buffer.data()) : nullptr;
      const T* y = reads_y ? of.y->planes(g, m, 1) : nullptr;
      for_each_region([&](std::int64_t o, std::int64_t place) {
        const std::int64_t region = (g * outputs + o) * taps;
        for (std::int64_t f = 0; f < taps; ++f) {
          const std::int64_t at = place + lattice_.tap_offset(f);
          if (direction_ == Direction::Forward) {
            result[g * outputs + o] += of.w[region * summed_ + m * taps + f] * x[at];
          } else if (direction_ == Direction::GradInputs) {
            buffer[std::size_t(at)] += of.w[((g * summed_ + m) * outputs + o) * taps + f] * y[o];
          } else {
            result[region + f] += y[o] * x[at];
          }
        }
      });
    }
    if (direction_ == Direction::GradInputs) {
      collect(buffer.data(), result + g * lattice_.inputs());
    }
  }
}

template class PlaneConvolution<std::uint64_t>;
template class PlaneConvolution<double>;

}  // namespace convcheck::projection

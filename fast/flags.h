// Process-wide settings under the documentation's names.
//
//   optimizer_excluding  tags of backends that automatic() may not choose, separated by ':'
//                          conv_gemm           the GEMM backends: direct, which is an implicit one,
//                                              and corrmm; gpu_direct and gpu_corrmm
//                          conv_winograd       Winograd's transforms (winograd)
//                          conv_dnn or cudnn   the cuDNN backend dnn_conv
//   optimizer_including  conv_meta: automatic() measures all candidates, see meta_optimizer.h
//   metaopt.optimizer_including, metaopt.optimizer_excluding
//                        tags of the meta-optimizer's candidates, separated by ':'. Each that
//                        matches counts one for or against; 'default' counts one for where it
//                        is. Above zero a candidate is measured. Besides those above:
//                          alternative         a convolution computed as another one
//                          conv3d2d            of those, that by frames
//                          conv_onednn         oneDNN, which is no default
//   metaopt.verbose      1: what is measured goes to stderr; 0 (the default): wrong candidates do
//   profile              True: when the program ends, stderr gets a table of its calls (profile.h)
//   threads              how many threads one call may use; 0 (the default): as many as the machine
//   has
//   dnn.enabled          (also dnn.enable) whether automatic() may use cuDNN. auto (the default):
//                        where it can be used. True: automatic() throws, with the reason, where it
//                        cannot. no_check: that is left to the first call. False: no
//   dnn.conv.algo_fwd, dnn.conv.algo_bwd_data, dnn.conv.algo_bwd_filter
//                        which plan dnn_conv takes: none, small (forward, bwd_filter), large
//                        (forward), deterministic (not forward), fft, fft_tiling, winograd (not
//                        bwd_filter), winograd_non_fused, guess_once, guess_on_shape_change,
//                        time_once, time_on_shape_change. The defaults are small, none and none;
//                        cudnn/algorithms.h says what each means with cuDNN 9
//   dnn.conv.precision   of its sums: as_input_f32 (the default), as_input, float16, float32 or
//                        float64
//   mode                 Mode (the default), or DebugMode: automatic() checks its calls
//   DebugMode.NAME       a setting of DebugMode by its name in checker/debug_mode.h: level, budget,
//                        check_isfinite, action, bundles ...
//
// Their first values come from the environment variable CONVCHECK_FLAGS, read once, at the first
// use, for example
//   CONVCHECK_FLAGS=optimizer_excluding=conv_gemm:conv_dnn,threads=2
//   CONVCHECK_FLAGS=mode=DebugMode,DebugMode.budget=1%
// and the program may change them: flags().set("optimizer_excluding=conv_gemm").
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checker/debug_mode.h"

namespace convcheck {

struct FlagValues {
  std::vector<std::string> optimizer_excluding = {};
  int threads = 0;
  bool debug_mode = false;  // mode=DebugMode
  DebugSettings debug = {};
  std::vector<std::string> optimizer_including = {};
  std::vector<std::string> metaopt_excluding = {}, metaopt_including = {};
  int metaopt_verbose = 0;
  bool profile = false;
  std::string dnn_enabled = "auto";
  std::string dnn_conv_algo_fwd = "small";
  std::string dnn_conv_algo_bwd_data = "none", dnn_conv_algo_bwd_filter = "none";
  std::string dnn_conv_precision = "as_input_f32";

  friend bool operator==(const FlagValues&, const FlagValues&) = default;
};

// May be used from several threads at once.
class Flags {
 public:
  // The values that `text` sets over the defaults; throws as set().
  explicit Flags(std::string_view text = "") { set(text); }

  FlagValues values() const;
  std::vector<std::string> optimizer_excluding() const { return values().optimizer_excluding; }
  int threads() const;
  bool profile() const;

  // Replaces all values. Throws ConvError{Flag} for an unknown tag or a negative number of threads.
  void assign(FlagValues values);
  // Reads "name=value,name=value" on top of the present values: all of it or, when it throws,
  // nothing. The last of two settings of a flag counts. Throws ConvError{Flag} that lists the known
  // flags or tags for an unknown one or a value that cannot be read, and {Syntax} for an item
  // without '='.
  void set(std::string_view text);

  // Of mode=DebugMode, level included; nothing when calls are not checked.
  std::optional<DebugSettings> debug_settings() const;

 private:
  mutable std::mutex mutex_;
  FlagValues values_;
};

// The flags of this process. Throws as Flags::set when CONVCHECK_FLAGS cannot be read, at every use
// until it can.
Flags& flags();

}  // namespace convcheck

// The stand-in for cuDNN refuses what breaks the interface's contract. So does the real library,
// where it is found and can be asked without a device: what the stand-in is held to is real.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gpu/stand_in/cudnn_request.h"

namespace convcheck::cudnn_stand_in {
namespace {

using testing::HasSubstr;

// The real one first: the loader knows libraries by the name that both of them have.
const Api& real() {
  static const Api api = Api::loaded("libcudnn.so.9");
  return api;
}

const Api& stand_in() {
  real();
  static const Api api = Api::loaded(CONVCHECK_STAND_IN);
  return api;
}

cudnnHandle_t stand_in_handle() {
  static const cudnnHandle_t handle = [] {
    cudnnHandle_t made = nullptr;
    stand_in().create(&made);
    return made;
  }();
  return handle;
}

struct Breach {
  const char* what;
  std::function<void(Request&)> spoil;
  bool real_too = true;  // else the real library takes it, or what it does is not worth a test
  const char* words = "needs";  // of the stand-in's reason
};

const std::vector<Breach> kBreaches{
    {"a tensor of two axes",
     [](Request& s) {
       s.x = {{2, 4}, {4, 1}, 'x'};
     },
     false, "at least 3"},
    {"an extent of 2^31",
     [](Request& s) { s.x.extents[0] = s.y.extents[0] = std::int64_t{1} << 31; }, false, "31 bits"},
    {"no mode that there is", [](Request& s) { s.mode = 7; }, false, "a mode of convolution"},
    {"four spatial axes", [](Request& s) { s.axes = 4; }, true, "one to three"},
    {"pads for three axes of two",
     [](Request& s) {
       s.pads.push_back(0);
       s.pads_after.push_back(0);
       s.strides.push_back(1);
       s.dilations.push_back(1);
     },
     true, "as many numbers"},
    {"a convolution of three axes for tensors of two",
     [](Request& s) {
       s.axes = 3;
       s.pads.push_back(0);
       s.pads_after.push_back(0);
       s.strides.push_back(1);
       s.dilations.push_back(1);
     },
     true, "two dimensions more"},
    {"a tensor without a type", [](Request& s) { s.left_out = {CUDNN_ATTR_TENSOR_DATA_TYPE}; },
     false},
    {"without strides", [](Request& s) { s.left_out = {CUDNN_ATTR_TENSOR_STRIDES}; }},
    {"without an identity", [](Request& s) { s.left_out = {CUDNN_ATTR_TENSOR_UNIQUE_ID}; }, false},
    {"without an alignment", [](Request& s) { s.left_out = {CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT}; }},
    {"a convolution without dilations",
     [](Request& s) { s.left_out = {CUDNN_ATTR_CONVOLUTION_DILATIONS}; }},
    {"without pads", [](Request& s) { s.left_out = {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS}; }},
    {"an operation without filters",
     [](Request& s) { s.left_out = {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W}; }},
    {"without alpha",
     [](Request& s) { s.left_out = {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA}; }, false},
    {"a graph without operations",
     [](Request& s) { s.left_out = {CUDNN_ATTR_OPERATIONGRAPH_OPS}; }},
    {"extents that are pointers",
     [](Request& s) { s.as_type[CUDNN_ATTR_TENSOR_DIMENSIONS] = CUDNN_TYPE_VOID_PTR; }},
    {"a mode that is a number",
     [](Request& s) { s.as_type[CUDNN_ATTR_CONVOLUTION_CONV_MODE] = CUDNN_TYPE_INT64; }},
    {"nine axes", [](Request& s) { s.count[CUDNN_ATTR_TENSOR_DIMENSIONS] = 9; }},
    {"two identities", [](Request& s) { s.count[CUDNN_ATTR_TENSOR_UNIQUE_ID] = 2; }},
    {"no strides at all", [](Request& s) { s.count[CUDNN_ATTR_TENSOR_STRIDES] = 0; }},
    {"three pads for two axes", [](Request& s) { s.pads.push_back(0); }},
    {"one dilation for two axes", [](Request& s) { s.dilations.pop_back(); }},
    {"a tensor that is not finalized", [](Request& s) { s.not_finalized = 'w'; }},
    {"a convolution where a tensor belongs", [](Request& s) { s.swaps_kinds = true; }, false},
    {"no images", [](Request& s) { s.x.extents[0] = s.y.extents[0] = 0; }},
    {"no channels", [](Request& s) { s.x.extents[1] = s.w.extents[1] = 0; }},
    {"no filters", [](Request& s) { s.w.extents[0] = s.y.extents[1] = 0; }},
    {"an x of five axes",
     [](Request& s) {
       s.x = {{2, 4, 1, 8, 9}, {288, 72, 72, 9, 1}, 'x'};
     }},
    {"a stride too few", [](Request& s) { s.x.strides.pop_back(); }},
    {"a negative stride", [](Request& s) { s.x.strides[2] = -9; }},
    {"an alignment of 3", [](Request& s) { s.y.alignment = 3; }},
    {"y a row too high", [](Request& s) { s.y.extents[2] = 9; }},
    {"pads that y does not follow from",
     [](Request& s) {
       s.pads = s.pads_after = {0, 1};
     }},
    {"strides that y does not follow from",
     [](Request& s) {
       s.strides = {2, 1};
     }},
    {"dilations that y does not follow from",
     [](Request& s) {
       s.dilations = {2, 1};
     }},
    {"dilations of 0",
     [](Request& s) {
       s.dilations = {0, 1};
     }},
    {"strides of 0",
     [](Request& s) {
       s.strides = {0, 1};
     }},
    {"negative pads",
     [](Request& s) {
       s.pads = {-1, 0};
     }},
    {"y with another batch", [](Request& s) { s.y.extents[0] = 3; }},
    {"y with a channel more than there are filters", [](Request& s) { s.y.extents[1] = 7; }},
    {"channels that filters do not divide", [](Request& s) { s.w.extents[1] = 3; }},
    {"filters that groups do not divide", [](Request& s) { s.w.extents[0] = s.y.extents[1] = 5; }},
    {"filters with gaps",
     [](Request& s) {
       s.w.strides = {24, 12, 4, 2};
     }},
    {"a y whose elements overlap",
     [](Request& s) {
       s.y.strides = {384, 64, 4, 1};
     }},
    {"two tensors of one identity", [](Request& s) { s.w.identity = 'x'; }, false},
    {"f16 filters for f32 inputs", [](Request& s) { s.w.type = CUDNN_DATA_HALF; }, false},
    {"alpha in f64 for sums in f32", [](Request& s) { s.scale = CUDNN_TYPE_DOUBLE; }, false},
    {"alpha in f32 for sums in f64",
     [](Request& s) { s.sums = s.x.type = s.w.type = s.y.type = CUDNN_DATA_DOUBLE; }, false},
};

TEST(CudnnContract, WhatIsRightIsTakenByBoth) {
  EXPECT_NE(real().make, stand_in().make) << "the real library is not what was found";
  for (const int wanted : {'x', 'w', 'y'}) {
    Request request;
    request.wanted = wanted;
    if (real()) {
      EXPECT_EQ(Made(real(), request).status(), CUDNN_STATUS_SUCCESS);
    }
    request.handle = stand_in_handle();
    EXPECT_EQ(Made(stand_in(), request).status(), CUDNN_STATUS_SUCCESS);
  }
}

TEST(CudnnContract, EveryBreachIsRefusedWithAReason) {
  for (const Breach& breach : kBreaches) {
    Request request;
    request.handle = stand_in_handle();
    breach.spoil(request);
    EXPECT_NE(Made(stand_in(), request).status(), CUDNN_STATUS_SUCCESS) << breach.what;
    char reason[256] = "";
    stand_in().last_error(reason, sizeof reason);
    EXPECT_THAT(std::string(reason), HasSubstr(breach.words)) << breach.what;
  }
}

TEST(CudnnContract, TheRealLibraryRefusesThemToo) {
  if (!real()) GTEST_SKIP() << "cuDNN was not found";
  for (const Breach& breach : kBreaches) {
    if (!breach.real_too) continue;
    Request request;
    breach.spoil(request);
    const cudnnStatus_t status = Made(real(), request).status();
    EXPECT_NE(status, CUDNN_STATUS_SUCCESS) << breach.what;
  }
}

}  // namespace
}  // namespace convcheck::cudnn_stand_in

// Calls of the stand-in for cuDNN that break the contract are refused with a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/gpu/stand_in/cudnn_planned.h"

namespace convcheck::cudnn_stand_in {
namespace {

using testing::HasSubstr;

const Api& api() {
  static const Api loaded = Api::loaded(CONVCHECK_STAND_IN);
  return loaded;
}

// A call that is right but for one thing.
class CudnnCalls : public testing::Test {
 protected:
  CudnnCalls()
      : planned_(api(), Request{}, Engine::Staged),
        memory_(1 << 16),
        workspace_(planned_.workspace()) {}

  std::byte* at(std::size_t offset) { return static_cast<std::byte*>(memory_.get()) + offset; }
  std::vector<void*> data() { return {at(0), at(1 << 14), at(1 << 15)}; }
  void expect_refusal(cudnnStatus_t status, const char* words = "needs") {
    EXPECT_NE(status, CUDNN_STATUS_SUCCESS);
    char reason[256] = "";
    api().last_error(reason, sizeof reason);
    EXPECT_THAT(std::string(reason), HasSubstr(words));
  }

  Planned planned_;
  DeviceBytes memory_, workspace_;
};

TEST_F(CudnnCalls, AreTakenWhenTheyAreRight) {
  EXPECT_EQ(planned_.execute(planned_.pack(data(), workspace_.get())), CUDNN_STATUS_SUCCESS);
}

TEST_F(CudnnCalls, NeedAWorkspaceThatThePlanWants) {
  expect_refusal(planned_.execute(planned_.pack(data(), nullptr)));
  expect_refusal(
      planned_.execute(planned_.pack(data(), static_cast<std::byte*>(workspace_.get()) + 1)));
}

TEST_F(CudnnCalls, NeedAlignedData) {
  std::vector<void*> crooked = data();
  crooked[1] = at((1 << 14) + 8);
  expect_refusal(planned_.execute(planned_.pack(crooked, workspace_.get())));
}

TEST_F(CudnnCalls, NeedTheTensorsOfTheGraph) {
  expect_refusal(planned_.execute(planned_.pack(data(), workspace_.get(), {'x', 'w', 'z'})),
                 "a pointer for tensor");
  std::vector<void*> four = data();
  four.push_back(at(0));
  expect_refusal(planned_.execute(planned_.pack(four, workspace_.get(), {'x', 'w', 'y', 'z'})));
}

TEST_F(CudnnCalls, NeedAnIdentityForEachPointer) {
  planned_.pack(data(), workspace_.get(), {'x', 'w'});
  expect_refusal(planned_.made().status(), "as many pointers");
  Planned again(api(), Request{}, Engine::Staged);
  again.pack(data(), workspace_.get(), {'x', 'w', 'w'});
  expect_refusal(again.made().status(), "identities differ");
}

TEST_F(CudnnCalls, NeedAPackThatIsWhole) {
  std::vector<void*> missing = data();
  missing[2] = nullptr;
  planned_.pack(missing, workspace_.get());
  expect_refusal(planned_.made().status());
}

TEST_F(CudnnCalls, NeedDescriptorsThatAreThere) {
  const Descriptor pack = planned_.pack(data(), workspace_.get());
  expect_refusal(api().execute(nullptr, planned_.plan(), pack));
  expect_refusal(api().execute(planned_.handle(), pack, planned_.plan()));
  Descriptor raw = nullptr;
  api().make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &raw);
  expect_refusal(api().execute(planned_.handle(), raw, pack));
  EXPECT_EQ(api().destroy(raw), CUDNN_STATUS_SUCCESS);
  expect_refusal(api().execute(planned_.handle(), raw, pack));
  expect_refusal(api().destroy(raw));
}

TEST_F(CudnnCalls, AskAndSetAtTheirTime) {
  const Descriptor tensor = planned_.made().tensor();
  const std::int64_t number = 1;
  expect_refusal(api().set(tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &number));
  expect_refusal(api().finalize(tensor));
  std::int64_t room[2] = {}, count = 0;
  EXPECT_EQ(api().get(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 2, &count, room),
            CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(count, 4) << "how many there are, and not how many there was room for";
  expect_refusal(
      api().get(tensor, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &count, room));
  expect_refusal(
      api().get(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_DOUBLE, 2, &count, room));
  Descriptor raw = nullptr;
  api().make(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &raw);
  expect_refusal(api().get(raw, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 2, &count, room),
                 "a finalized descriptor");
  expect_refusal(api().set(raw, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, nullptr));
  EXPECT_EQ(api().destroy(raw), CUDNN_STATUS_SUCCESS);
}

TEST_F(CudnnCalls, NeedPlacesForWhatIsAsked) {
  const Descriptor tensor = planned_.made().tensor();
  std::int64_t room[2] = {}, count = 0;
  constexpr auto kName = CUDNN_ATTR_TENSOR_DIMENSIONS;
  expect_refusal(api().get(tensor, kName, CUDNN_TYPE_INT64, 2, &count, nullptr));
  expect_refusal(api().get(tensor, kName, CUDNN_TYPE_INT64, -1, &count, room));
  expect_refusal(api().make(CUDNN_BACKEND_TENSOR_DESCRIPTOR, nullptr));
  expect_refusal(api().create(nullptr));
}

TEST_F(CudnnCalls, NeedAttributesThatAreThere) {
  Made& made = planned_.made();
  const std::int64_t bytes = 1;
  const Descriptor plan = made.make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  expect_refusal(
      api().set(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &bytes),
      "can be set");
  const Descriptor pack = made.make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  made.set(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 3, data().data());
  made.set(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, Numbers{'x', 'w', 'y'});
  made.finalize(pack);
  void* workspace = nullptr;
  std::int64_t count = 0;
  expect_refusal(api().get(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &count,
                           &workspace),
                 "that was set");
  expect_refusal(planned_.execute(pack), "the plan's workspace");
}

TEST_F(CudnnCalls, NeedANewDescriptorForEachThatIsAsked) {
  Made& made = planned_.made();
  const Descriptor heuristics = made.make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  made.set(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, made.graph());
  made.set(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, CUDNN_HEUR_MODE_A);
  made.finalize(heuristics);
  const Descriptor one = made.make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  Descriptor twice[] = {one, one};
  made.get(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 2, twice);
  expect_refusal(made.status(), "a new descriptor");
}

TEST_F(CudnnCalls, NeedAHandleThatNoOtherThreadUses) {
  const Descriptor pack = planned_.pack(data(), workspace_.get());
  std::thread([&] { api().set_stream(planned_.handle(), nullptr); }).join();
  expect_refusal(planned_.execute(pack), "no other thread");
  api().set_stream(planned_.handle(), nullptr);
  EXPECT_EQ(planned_.execute(pack), CUDNN_STATUS_SUCCESS);
}

// Not every engine that can be named does an operation.
TEST_F(CudnnCalls, NeedAnEngineForTheOperation) {
  Made& made = planned_.made();
  const Descriptor engine = made.make(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  made.set(engine, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, made.graph());
  made.set(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, Numbers{Engine::Liar});
  made.finalize(engine);
  const Descriptor configuration = made.make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  made.set(configuration, CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  made.finalize(configuration);
  const Descriptor plan = made.make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  made.set(plan, 400, CUDNN_TYPE_HANDLE, planned_.handle());
  made.set(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  EXPECT_EQ(made.status(), CUDNN_STATUS_SUCCESS);
  made.finalize(plan);
  expect_refusal(made.status(), "an engine for this operation");
}

}  // namespace
}  // namespace convcheck::cudnn_stand_in

#include "tests/gpu/stand_in/cudnn_planned.h"

namespace convcheck::cudnn_stand_in {

Planned::Planned(const Api& api, Request request, Engine engine, cudnnBackendHeurMode_t mode)
    : api_(api) {
  api.create(&handle_);
  request.handle = handle_;
  made_.emplace(api, request);
  const Descriptor configuration = configuration_of(engine, mode);
  if (configuration == nullptr) return;
  plan_ = made_->make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  constexpr int kPlanHandle = 400;  // deprecated by its name
  made_->set(plan_, kPlanHandle, CUDNN_TYPE_HANDLE, handle_);
  made_->set(plan_, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  made_->finalize(plan_);
  made_->get(plan_, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace_);
}

Descriptor Planned::configuration_of(Engine engine, cudnnBackendHeurMode_t mode) {
  constexpr std::int64_t kRoom = 32;
  const Descriptor heuristics = made_->make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  made_->set(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, made_->graph());
  made_->set(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
  made_->finalize(heuristics);
  std::vector<Descriptor> results;
  for (std::int64_t i = 0; i < kRoom; ++i) {
    results.push_back(made_->make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
  }
  const std::int64_t count = made_->get(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                        CUDNN_TYPE_BACKEND_DESCRIPTOR, kRoom, results.data());
  Descriptor chosen = nullptr;
  for (std::int64_t i = 0; i < count; ++i) {
    const Descriptor configuration = results[static_cast<std::size_t>(i)];
    Descriptor one = made_->make(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    made_->get(configuration, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &one);
    std::int64_t index = -1;
    made_->get(one, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index);
    offered_.push_back(index);
    if (index != engine || chosen != nullptr) continue;
    chosen = configuration;
    notes_.resize(CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
    notes_.resize(static_cast<std::size_t>(
        made_->get(one, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                   CUDNN_NUMERICAL_NOTE_TYPE_COUNT, notes_.data())));
  }
  return chosen;
}

Descriptor Planned::pack(const std::vector<void*>& data, void* workspace,
                         const Numbers& identities) {
  const Descriptor pack = made_->make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  made_->set(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR,
             static_cast<std::int64_t>(data.size()), data.data());
  made_->set(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, identities);
  made_->set(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace);
  made_->finalize(pack);
  return pack;
}

}  // namespace convcheck::cudnn_stand_in

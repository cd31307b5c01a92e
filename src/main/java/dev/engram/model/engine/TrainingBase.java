package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.engram.model.LmConfig;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.StoredTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Plain parameters by name, and the kernel that records on them. */
public final class TrainingBase implements AutoCloseable {
    private final NDManager manager;
    private final LmConfig config;
    private final Kernel kernel;
    private final Kernel tools;
    private final AngleTable angles;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();

    public TrainingBase(NDManager manager, Checkpoint checkpoint, boolean bf16) {
        this.manager = manager;
        this.config = checkpoint.config();
        int dtype = bf16 ? 15 : 6;
        this.kernel = Kernels.split(manager, config, dtype);
        this.tools = Kernels.tools(manager);
        this.angles = new AngleTable(manager, config, tools, dtype);
        try (TensorLoader loader = new TensorLoader(checkpoint, tools, manager);
                NDManager step = manager.newSubManager()) {
            for (String name : checkpoint.names()) {
                StoredTensor t = checkpoint.tensor(name);
                NDArray loaded = t.shape().length > 1
                        ? loader.matrix(step, dtype, name)
                        : loader.vector(step, dtype, List.of(name));
                // what a call without a graph makes cannot take part in one; a recorded copy can
                parameters.put(name, tools.record(manager, "copy_of", loaded).get(0));
                loaded.close();
            }
        }
    }

    public NDManager manager() {
        return manager;
    }

    public Kernel kernel() {
        return kernel;
    }

    public AngleTable angles() {
        return angles;
    }

    public Map<String, NDArray> parameters() {
        return parameters;
    }

    /** One layer's tensors in the order of projections/split.py. */
    public NDList layer(int i) {
        LayerNames n = new LayerNames(i);
        List<String> names = new ArrayList<>(
                List.of(n.inputNorm(), n.q(), n.k(), n.v(), n.o(), n.postNorm(), n.gate(), n.up(), n.down()));
        if (config.attentionBias()) {
            names.addAll(n.qkvBias());
        }
        if (config.qkNorm()) {
            names.add(n.qNorm());
            names.add(n.kNorm());
        }
        NDList list = new NDList();
        names.forEach(name -> list.add(parameters.get(name)));
        return list;
    }

    @Override
    public void close() {
        kernel.close();
        tools.close();
        manager.close();
    }
}

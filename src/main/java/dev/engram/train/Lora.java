package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Adapter;
import dev.engram.model.LmConfig;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.source.ChangedCheckpoint;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Low-rank adapters that learn (LoRA, Hu et al. 2021): y = W x + alpha / r · B A dropout(x). A begins uniform in ±1/√in, B at zero, as
 * in PEFT, so that the first forward pass is the base model's. The same object serves inference: hand {@link #adapter} to a
 * {@link dev.engram.model.Decoder}, whatever its number format.
 */
public final class Lora implements Trainables {
    private final NDManager manager;
    private final LmConfig model;
    private final LoraConfig config;
    private final long seed;
    private final Map<String, Adapter.Pair> pairs;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Adapter adapter;

    private Lora(NDManager manager, LmConfig model, LoraConfig config, long seed, Map<String, Adapter.Pair> pairs) {
        this.manager = manager;
        this.model = model;
        this.config = config;
        this.seed = seed;
        this.pairs = pairs;
        this.adapter = new Adapter(manager, model, pairs, config.scale());
        pairs.forEach((name, pair) -> {
            parameters.put(LoraFile.key(name, "A"), pair.a());
            parameters.put(LoraFile.key(name, "B"), pair.b());
        });
        parameters.values().forEach(p -> p.setRequiresGradient(true));
    }

    /**
     * New adapters for a decoder's linears.
     *
     * @param seed of the first values and of the dropout
     */
    public static Lora create(TrainableDecoder decoder, LoraConfig config, long seed) {
        NDManager manager = decoder.newScope();
        LmConfig model = decoder.config();
        Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
        for (int i = 0; i < model.layers(); i++) {
            List<String> names = new LayerNames(i).linears();
            for (int l = 0; l < names.size(); l++) {
                if (config.targetModules().contains(LoraConfig.LINEARS.get(l))) {
                    Shape w = decoder.parameters().get(names.get(l)).getShape(); // [out, in]
                    long in = w.get(1);
                    float[] a = uniform(
                            config.r() * in,
                            1 / Math.sqrt(in),
                            seed * 1_000_003 + names.get(l).hashCode());
                    pairs.put(
                            names.get(l),
                            new Adapter.Pair(
                                    manager.create(a, new Shape(config.r(), in)),
                                    manager.zeros(new Shape(w.get(0), config.r()))));
                }
            }
        }
        return new Lora(manager, model, config, seed, pairs);
    }

    private static float[] uniform(long n, double bound, long seed) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(n)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
        }
        return values;
    }

    /**
     * Opens a folder in PEFT's layout, written by {@link #save} or by PEFT; an adapter of another model or kind gives a
     * {@link dev.engram.model.BadInputException}.
     *
     * @param parent for example {@code decoder.newScope()}; the adapter's arrays are freed by {@link #close}
     */
    public static Lora load(NDManager parent, LmConfig model, Path folder) {
        NDManager manager = parent.newSubManager();
        try {
            LoraFile file = LoraFile.read(folder);
            Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
            file.factors()
                    .forEach((name, f) -> pairs.put(
                            name,
                            new Adapter.Pair(
                                    manager.create(
                                            f.a(), new Shape(file.config().r(), f.in())),
                                    manager.create(
                                            f.b(),
                                            new Shape(f.out(), file.config().r())))));
            return new Lora(manager, model, file.config(), 0, pairs);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Writes adapter_config.json and adapter_model.safetensors as PEFT does; PEFT opens the folder.
     *
     * @param baseModel name of the base model for the file; a name on the hub lets PEFT find it
     */
    public void save(Path folder, String baseModel) {
        save(folder, baseModel, TensorType.F32);
    }

    /** The same in F32, or in half the size as BF16. */
    public void save(Path folder, String baseModel, TensorType type) {
        LoraFile.write(folder, config, baseModel, type, parameters);
    }

    /** The adapter in use, for training and inference; lives as long as this. */
    public Adapter adapter() {
        return adapter;
    }

    public LoraConfig config() {
        return config;
    }

    /**
     * A checkpoint with W + alpha / r · B A in place of W, computed in f32. The present values are used when a tensor is read, so read it before
     * training goes on.
     */
    public Checkpoint merged(Checkpoint base) {
        ChangedCheckpoint changed = new ChangedCheckpoint(base);
        pairs.forEach((name, pair) -> changed.put(name, () -> {
            StoredTensor stored = base.tensor(name);
            float[] w = new float[Math.toIntExact(stored.elements())];
            Dequantizer.toFloats(stored, 0, w, 0, w.length);
            try (NDManager scope = manager.newSubManager();
                    Kernel kernel = Kernel.open(scope, "/dev/engram/train/lora.py")) {
                NDArray sum = scope.create(w, new Shape(stored.shape()));
                kernel.one(scope, "merge", sum, pair.a(), pair.b(), config.scale());
                return sum.toFloatArray();
            }
        }));
        return changed;
    }

    /** Adds the update to the decoder's own weights; run it without the adapter from then on. */
    public void merge(TrainableDecoder decoder) {
        addTo(decoder, config.scale());
    }

    /** Takes the update out again; what remains of it is f32's rounding, or bf16's for a base in bf16. */
    public void unmerge(TrainableDecoder decoder) {
        addTo(decoder, -config.scale());
    }

    private void addTo(TrainableDecoder decoder, double scale) {
        try (NDManager scope = manager.newSubManager();
                Kernel kernel = Kernel.open(scope, "/dev/engram/train/lora.py")) {
            pairs.forEach((name, pair) ->
                    kernel.one(scope, "merge", decoder.parameters().get(name), pair.a(), pair.b(), scale));
        }
    }

    @Override
    public NDManager manager() {
        return manager;
    }

    @Override
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public void before(int step, int micro) {
        if (config.dropout() > 0) {
            adapter.drop(config.dropout(), (seed * 1_000_003 + step) * 1_009 + micro);
        }
    }

    @Override
    public void after() {
        adapter.drop(0, 0);
    }

    @Override
    public void close() {
        adapter.close();
        manager.close();
    }
}

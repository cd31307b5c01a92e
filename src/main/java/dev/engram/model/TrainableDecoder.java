package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.engine.TrainingBase;
import dev.engram.model.source.Checkpoint;
import java.util.Map;

/**
 * The same decoder with a graph: whole sequences, no cache, gradients to parameters, adapters and input vectors. It runs
 * the layer's text of {@link Decoder} on plain weights. Call it between {@link Tape#open} and {@link Tape#backward}.
 */
public final class TrainableDecoder implements AutoCloseable {
    private final LmConfig config;
    private final TrainingBase base;
    private final NDArray none;
    private final NDArray noRows;
    private final NDList noAdapter = new NDList();

    /**
     * Loads plain weights.
     *
     * @param manager owner of the parameters; closed with this
     * @param bf16 hold the base in bfloat16, for frozen weights beside f32 adapters
     */
    public TrainableDecoder(NDManager manager, Checkpoint checkpoint, boolean bf16) {
        this.config = checkpoint.config();
        this.base = new TrainingBase(manager, checkpoint, bf16);
        this.none = Kernel.none(manager);
        this.noRows = manager.create(new float[0], new Shape(1, config.kvHeads(), 0, config.headDim()));
        // an array of its own: an array's name says which argument it is, so one array cannot stand in two
        NDArray absent = Kernel.none(manager);
        for (int i = 0; i < Adapter.STRIDE - 1; i++) {
            noAdapter.add(absent);
        }
        noAdapter.add(manager.create(1f));
    }

    public LmConfig config() {
        return config;
    }

    /** All parameters by Hugging Face name; mark those to be trained with {@code setRequiresGradient}. */
    public Map<String, NDArray> parameters() {
        return base.parameters();
    }

    public NDManager newScope() {
        return base.manager().newSubManager();
    }

    /** Embeddings of whole sequences, ids [batch][tokens] → [batch, tokens, hidden]. */
    public NDArray embed(NDManager step, int[][] ids) {
        return embed(step, ids, null);
    }

    /**
     * The same for sequences of different lengths.
     *
     * @param padding padding tokens at the left of each row, or null; learned positions count from the first real token
     */
    public NDArray embed(NDManager step, int[][] ids, int[] padding) {
        Decoder.requireFit(config, ids, 0);
        NDArray tokens = Kernel.ids(step, ids);
        NDArray table = base.parameters().get(LayerNames.EMBEDDING);
        NDArray learned = base.parameters().get(LayerNames.POSITIONS);
        return learned == null
                ? base.kernel().record(step, "embed", tokens, table).get(0)
                : base.kernel()
                        .record(step, "embed_learned", tokens, table, learned, positions(step, ids[0].length, padding))
                        .get(0);
    }

    /** Vectors [1|batch, 1|tokens, hidden] in place of embeddings where the mask [batch, tokens, 1] is one. */
    public NDArray inject(NDManager step, NDArray x, NDArray vectors, NDArray where) {
        return base.kernel().record(step, "inject", x, vectors, where).get(0);
    }

    /**
     * All layers.
     *
     * @param x [batch, tokens, hidden]
     * @param padding padding tokens at the left of each row, or null
     * @param adapter trained or frozen adapters, or null
     * @param seams extra rows, bias and hook are honoured; watch and projections are for inference
     * @return the last hidden state before the norm
     */
    public NDArray forward(NDManager step, NDArray x, int[] padding, Adapter adapter, Seams seams) {
        int tokens = (int) x.getShape().get(1);
        NDArray pad = padding == null
                ? none
                : step.create(java.util.Arrays.stream(padding).asLongStream().toArray());
        NDList angles = base.kernel()
                .record(step, "angles", base.angles().cos(), base.angles().sin(), positions(step, tokens, padding));
        Seams.HiddenHook hook = seams.hook() == null ? new Seams.HiddenHook() {} : seams.hook();
        NDArray mask = seams.rows() == null || seams.rows().mask() == null
                ? none
                : seams.rows().mask();
        NDArray h = x;
        for (int i = 0; i < config.layers(); i++) {
            NDList weights = base.layer(i);
            NDList lora = adapter == null ? noAdapter : adapter.layer(i);
            Seams.Rows rows = seams.rows() == null ? null : seams.rows().of(i);
            NDArray bias = seams.bias() == null ? null : seams.bias().of(i, tokens);
            h = hook.beforeAttention(i, h);
            h = base.kernel()
                    .record(
                            step,
                            "train_attention",
                            h,
                            weights,
                            lora,
                            angles.get(0),
                            angles.get(1),
                            pad,
                            bias == null ? none : bias,
                            rows == null ? noRows : rows.keys(),
                            rows == null ? noRows : rows.values(),
                            mask)
                    .get(0);
            h = hook.afterAttention(i, h);
            h = base.kernel()
                    .record(step, "train_feed_forward", h, weights, lora)
                    .get(0);
            h = hook.afterLayer(i, h);
        }
        return h;
    }

    /** Logits of all positions in f32, [batch, tokens, vocab]. */
    public NDArray logits(NDManager step, NDArray hidden) {
        NDArray table = base.parameters().get(config.tiedHead() ? LayerNames.EMBEDDING : LayerNames.HEAD);
        NDArray gain = base.parameters().get(LayerNames.FINAL_NORM);
        return base.kernel().record(step, "train_head", hidden, gain, table).get(0);
    }

    /** Mean cross-entropy over the labels that are not −100; labels [batch][tokens] are those of the same positions. */
    public NDArray crossEntropy(NDManager step, NDArray logits, int[][] labels) {
        return base.kernel()
                .record(step, "cross_entropy", logits, Kernel.ids(step, labels))
                .get(0);
    }

    /**
     * The hidden states of some places, so that the head need not run at all of them.
     *
     * @param hidden [batch, tokens, hidden]
     * @param places row · tokens + position, each
     * @return [1, places, hidden]
     */
    public NDArray select(NDManager step, NDArray hidden, int[] places) {
        NDArray index =
                step.create(java.util.Arrays.stream(places).asLongStream().toArray());
        return base.kernel().record(step, "at_places", hidden, index).get(0);
    }

    /** Log-probability of each target, logits [batch, tokens, vocab] and targets [batch][tokens] → [batch, tokens]. */
    public NDArray logprobs(NDManager step, NDArray logits, int[][] targets) {
        return base.kernel()
                .record(step, "logprobs", logits, Kernel.ids(step, targets))
                .get(0);
    }

    /** KL(base || other) in nats, mean over the positions; logits [batch, tokens, vocab] twice. */
    public NDArray divergence(NDManager step, NDArray baseLogits, NDArray otherLogits) {
        return base.kernel().record(step, "divergence", baseLogits, otherLogits).get(0);
    }

    private NDArray positions(NDManager step, int tokens, int[] padding) {
        base.angles().reach(tokens);
        return Backend.positions(step, 0, tokens, padding == null ? new int[0] : padding);
    }

    @Override
    public void close() {
        base.close();
    }
}

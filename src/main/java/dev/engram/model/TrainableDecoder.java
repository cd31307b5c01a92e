package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.KernelChoice;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.engine.Torch;
import dev.engram.model.engine.TrainingBase;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The same decoder with a graph: whole sequences, no cache, gradients to parameters, adapters and input vectors. It runs
 * the layer's text of {@link Decoder} on plain weights. Call it between {@link Tape#open} and {@link Tape#backward}.
 */
public final class TrainableDecoder implements AutoCloseable {
    private final LmConfig config;
    private final TrainingBase base;
    private final boolean bf16;
    private final NDArray none;
    private final Seams.Rows noRows;
    private final NDList noAdapter = new NDList();

    /**
     * Loads plain weights.
     *
     * @param manager owner of the parameters; closed with this
     * @param bf16 hold the base in bfloat16, for frozen weights beside f32 adapters
     */
    public TrainableDecoder(NDManager manager, Checkpoint checkpoint, boolean bf16) {
        this.config = checkpoint.config();
        this.bf16 = bf16;
        this.base = new TrainingBase(manager, checkpoint, bf16);
        this.none = Kernel.none(manager);
        NDArray empty = manager.create(new float[0], new Shape(1, config.kvHeads(), 0, config.headDim()));
        this.noRows = new Seams.Rows(empty, empty);
        // an array of its own: an array's name says which argument it is, so one array cannot stand in two
        NDArray absent = Kernel.none(manager);
        for (int i = 0; i < Adapter.STRIDE - 1; i++) {
            noAdapter.add(absent);
        }
        noAdapter.add(manager.create(1f));
    }

    /**
     * Opens a model for training.
     *
     * @param model as {@link CausalLm#open} takes it
     * @param dtype F32; BF16 for a frozen base beside f32 adapters; AUTO for BF16 where this machine multiplies it fast
     */
    public static TrainableDecoder open(String model, DType dtype) {
        if (dtype == DType.INT8 || dtype == DType.INT4) {
            throw new BadInputException("--dtype is " + dtype.name().toLowerCase(Locale.ROOT)
                    + ", which cannot be trained beside; use f32, bf16 or auto.");
        }
        NDManager manager = Torch.manager(LoadOptions.DeviceChoice.AUTO);
        try (Checkpoint checkpoint = ModelSource.open(model)) {
            boolean half = dtype == DType.BF16 || dtype == DType.AUTO && KernelChoice.multipliesHalf(manager);
            return new TrainableDecoder(manager, checkpoint, half);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    public LmConfig config() {
        return config;
    }

    /** Whether the base is held in bfloat16. */
    public boolean bf16() {
        return bf16;
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
        return embed(step, ids, null, null);
    }

    /**
     * The same for sequences of different lengths.
     *
     * @param padding padding tokens at the left of each row, or null; learned positions count from the first real token
     */
    public NDArray embed(NDManager step, int[][] ids, int[] padding) {
        return embed(step, ids, padding, null);
    }

    /**
     * The same with token rows beside the table.
     *
     * @param rows trained or frozen, or null
     */
    public NDArray embed(NDManager step, int[][] ids, int[] padding, TokenRows rows) {
        TextFit.require(config, rows == null ? config.vocab() : rows.vocab(config), ids, 0);
        NDArray tokens = Kernel.ids(step, TokenRows.withinTable(ids, config));
        NDArray table = base.parameters().get(LayerNames.EMBEDDING);
        NDArray learned = base.parameters().get(LayerNames.POSITIONS);
        NDArray x = rows == null
                ? run(step, "embed", tokens, table)
                : run(step, "embed_rows", tokens, table, rows.slots(step, ids), rows.input());
        return learned == null ? x : run(step, "add_positions", x, learned, positions(step, 0, ids[0].length, padding));
    }

    private NDList angles(NDManager step, int first, int tokens, int[] padding) {
        NDArray at = positions(step, first, tokens, padding);
        return base.kernel()
                .record(step, "angles", base.angles().cos(), base.angles().sin(), at);
    }

    /** x and what a layer's attention adds to it; an empty array stands for what is absent. */
    private NDArray attention(
            NDManager step,
            int layer,
            NDArray x,
            NDList lora,
            NDList angles,
            NDArray pad,
            NDArray bias,
            Seams.Rows rows,
            NDArray mask) {
        return run(
                step,
                "train_attention",
                x,
                base.layer(layer),
                lora,
                angles.get(0),
                angles.get(1),
                pad,
                bias,
                rows.keys(),
                rows.values(),
                mask);
    }

    private NDArray run(NDManager step, String method, Object... arguments) {
        return base.kernel().record(step, method, arguments).get(0);
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
        return forward(step, x, 0, padding, adapter, seams);
    }

    /**
     * The same for texts that do not begin at position 0, because memories stand before them.
     *
     * @param first position of the first token that is no padding
     */
    public NDArray forward(NDManager step, NDArray x, int first, int[] padding, Adapter adapter, Seams seams) {
        int tokens = (int) x.getShape().get(1);
        NDArray pad = padding == null
                ? none
                : step.create(Arrays.stream(padding).asLongStream().toArray());
        NDList angles = angles(step, first, tokens, padding);
        Seams.HiddenHook hook = seams.hook() == null ? new Seams.HiddenHook() {} : seams.hook();
        NDArray mask = seams.rows() == null || seams.rows().mask() == null
                ? none
                : seams.rows().mask();
        NDArray h = x;
        for (int i = 0; i < config.layers(); i++) {
            NDList lora = adapter == null ? noAdapter : adapter.layer(i);
            Seams.Rows rows = seams.rows() == null ? null : seams.rows().of(i);
            NDArray bias = seams.bias() == null ? null : seams.bias().of(i, tokens);
            h = hook.beforeAttention(i, h);
            h = attention(
                    step, i, h, lora, angles, pad, bias == null ? none : bias, rows == null ? noRows : rows, mask);
            h = hook.afterAttention(i, h);
            h = run(step, "train_feed_forward", h, base.layer(i), lora);
            h = hook.afterLayer(i, h);
        }
        return h;
    }

    /**
     * What the layers would leave in a cache, with a graph: the gradient of a text that reads these keys and values flows back into the
     * text that wrote them. Nothing above the last layer asked for is computed.
     *
     * @param ids [batch][tokens]; texts begin at position 0
     * @param layers ascending
     * @return one entry for each of the layers
     */
    public List<Written> write(NDManager step, int[][] ids, int[] layers) {
        NDArray x = embed(step, ids);
        NDList angles = angles(step, 0, ids[0].length, null);
        List<Written> written = new ArrayList<>();
        for (int i = 0; i <= layers[layers.length - 1]; i++) {
            NDList weights = base.layer(i);
            if (Arrays.binarySearch(layers, i) >= 0) {
                NDList found =
                        base.kernel().record(step, "train_keys", x, weights, noAdapter, angles.get(0), angles.get(1));
                written.add(new Written(i, found.get(0), found.get(1), found.get(2), found.get(3)));
            }
            if (i < layers[layers.length - 1]) {
                x = attention(step, i, x, noAdapter, angles, none, none, noRows, none);
                x = run(step, "train_feed_forward", x, base.layer(i), noAdapter);
            }
        }
        return written;
    }

    /**
     * Keys and values of a layer.
     *
     * @param layer its number
     * @param keys rotated to the tokens' positions, [batch, kvHeads, tokens, headDim]
     * @param values same shape
     * @param q queries before rotation and without a graph, [batch, tokens, heads, headDim]
     * @param k keys before rotation and without a graph, [batch, tokens, kvHeads, headDim]
     */
    public record Written(int layer, NDArray keys, NDArray values, NDArray q, NDArray k) {}

    /**
     * Some tokens of several references in one row of a batch, with their graph.
     *
     * @param sink rows that every text reads first, [1, kvHeads, sink, headDim]
     * @param written [batch · references, kvHeads, tokens, headDim]
     * @param slots which tokens, [batch, references, kvHeads, kept]
     * @return [batch, kvHeads, sink + references · kept, headDim]
     */
    public NDArray sideBySide(NDManager step, NDArray sink, NDArray written, NDArray slots) {
        return run(step, "side_by_side", sink, written, slots);
    }

    /** Logits of all positions in f32, [batch, tokens, vocab]. */
    public NDArray logits(NDManager step, NDArray hidden) {
        return logits(step, hidden, null);
    }

    /** The same with token rows beside the head, [batch, tokens, vocabulary with the rows]. */
    public NDArray logits(NDManager step, NDArray hidden, TokenRows rows) {
        NDArray table = head();
        NDArray gain = base.parameters().get(LayerNames.FINAL_NORM);
        return rows == null
                ? run(step, "train_head", hidden, gain, table)
                : run(step, "train_head_rows", hidden, gain, table, rows.output(), rows.idTensor(step));
    }

    /**
     * Mean cross-entropy where labels stand. The head is computed at those positions alone, which saves most of its cost when few
     * tokens are labelled.
     *
     * @param hidden [batch, tokens, hidden] as {@link #forward} returned it
     * @param labels [batch][tokens]: the token that follows each position, −100 for none
     * @param rows token rows, or null
     */
    public NDArray crossEntropy(NDManager step, NDArray hidden, int[][] labels, TokenRows rows) {
        long[] at = labelled(labels);
        if (at.length == 0) {
            throw new BadInputException(
                    "No token of the batch has a label; give texts whose answers are not cut off, or a longer limit.");
        }
        int tokens = labels[0].length;
        int[] targets = Arrays.stream(at)
                .mapToInt(i -> labels[(int) i / tokens][(int) i % tokens])
                .toArray();
        NDArray chosen = run(step, "labelled", hidden, step.create(at));
        NDArray table = head();
        return !table.hasGradient() && JniUtils.isGradMode()
                ? frozenHeadLoss(step, chosen, table, rows, targets)
                : crossEntropy(step, logits(step, chosen, rows), new int[][] {targets});
    }

    /** The table's own gradient is not wanted, so the head's part of the backward pass is done at once and no logits are kept. */
    private NDArray frozenHeadLoss(NDManager step, NDArray chosen, NDArray table, TokenRows rows, int[] targets) {
        NDArray normed = run(step, "train_norm", chosen, base.parameters().get(LayerNames.FINAL_NORM));
        NDArray h = normed.reshape(targets.length, config.hidden());
        NDArray own = rows == null ? step.create(new float[0], new Shape(0, config.hidden())) : rows.output();
        NDArray ids = rows == null ? step.create(new long[0]) : rows.idTensor(step);
        NDArray labels = step.create(Arrays.stream(targets).asLongStream().toArray());
        NDList found = base.kernel().call(step, "frozen_head_loss", h, table, own, ids, labels);
        NDList usable = new NDList();
        for (NDArray f : found) {
            // what a call without a graph makes cannot take part in one; a copy can
            NDArray copy = f.duplicate();
            copy.attach(step);
            usable.add(copy);
        }
        return run(step, "graft", h, usable.get(1), own, usable.get(2), usable.get(0));
    }

    private NDArray head() {
        return base.parameters().get(config.tiedHead() ? LayerNames.EMBEDDING : LayerNames.HEAD);
    }

    /** Places of labels in the flattened batch. */
    private static long[] labelled(int[][] labels) {
        int tokens = labels[0].length;
        return IntStream.range(0, labels.length * tokens)
                .filter(i -> labels[i / tokens][i % tokens] != -100)
                .asLongStream()
                .toArray();
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
        return run(
                step,
                "labelled",
                hidden,
                step.create(Arrays.stream(places).asLongStream().toArray()));
    }

    /** Log-probability of each target, logits [batch, tokens, vocab] and targets [batch][tokens] → [batch, tokens]. */
    public NDArray logprobs(NDManager step, NDArray logits, int[][] targets) {
        return run(step, "logprobs", logits, Kernel.ids(step, targets));
    }

    /** KL(base || other) in nats, mean over the positions; logits [batch, tokens, vocab] twice. */
    public NDArray divergence(NDManager step, NDArray baseLogits, NDArray otherLogits) {
        return run(step, "divergence", baseLogits, otherLogits);
    }

    private NDArray positions(NDManager step, int first, int tokens, int[] padding) {
        base.angles().reach(first + tokens);
        return Backend.positions(step, first, tokens, padding == null ? new int[0] : padding);
    }

    @Override
    public void close() {
        base.close();
    }
}

package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Adapter;
import dev.engram.model.Seams;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.LayerNames;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The model that learns, with what the losses of both steps ask of it: hidden states of rows with vectors in their places, losses
 * over labelled tokens only, queries at {@code <recall>}.
 */
final class Learner implements AutoCloseable {
    private final TrainableDecoder decoder;
    private final Adapter adapter;
    private final TokenRows tokens;
    private final Kernel losses;
    private final double scale;
    private final double noise;
    /** Of the rows that are kept as the base says them; the base does not change. */
    private final Map<RecallRow, float[]> baseHidden = new IdentityHashMap<>();

    /**
     * A learner.
     *
     * @param scale length of an injected vector
     * @param noise standard deviation added to each number of the unit vector; the seed has 0.01
     */
    Learner(TrainableDecoder decoder, Adapter adapter, TokenRows tokens, double scale, double noise) {
        this.decoder = decoder;
        this.adapter = adapter;
        this.tokens = tokens;
        this.losses = Kernel.open(tokens.input().getManager(), "/dev/engram/recall/losses.py");
        this.scale = scale;
        this.noise = noise;
    }

    int width() {
        return decoder.config().hidden();
    }

    Kernel losses() {
        return losses;
    }

    /** Where a row's vector comes from. */
    interface Vectors {
        /** Unit vector of a row's memory, [width]. */
        float[] of(RecallRow row);
    }

    /** Last hidden states before the norm, [B, T, d]; vectors stand in their places. */
    NDArray hidden(NDManager scope, RowBatch batch, Vectors vectors, SplittableRandom random) {
        NDArray x = decoder.embed(scope, batch.ids(), null, tokens);
        if (vectors != null && batch.injects()) {
            NDArray[] in = batch.injection(scope, width(), row -> noisy(vectors.of(row), random));
            x = decoder.inject(scope, x, in[0], in[1]);
        }
        return decoder.forward(scope, x, null, adapter, Seams.none());
    }

    private float[] noisy(float[] unit, SplittableRandom random) {
        float[] v = new float[unit.length];
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) (scale * (unit[i] + noise * normal(random)));
        }
        return v;
    }

    private static double normal(SplittableRandom random) {
        return Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
    }

    /** Mean cross-entropy over the labelled tokens. */
    NDArray tokenLoss(NDManager scope, RowBatch batch, NDArray hidden) {
        return decoder.crossEntropy(scope, hidden, batch.labels(), tokens);
    }

    /** Hidden states after the final norm at {@code <recall>}, [rows, d]. */
    NDArray queries(NDManager scope, RowBatch batch, NDArray hidden) {
        NDArray picked = pick(scope, hidden, batch.recalls(scope));
        NDArray gain = decoder.parameters().get(LayerNames.FINAL_NORM);
        NDArray eps = scope.create((float) decoder.config().normEps());
        return losses.record(scope, "query", picked, gain, eps).get(0);
    }

    /** KL(base || model) of some ordinary texts: the mean over their labelled tokens, then over the texts. */
    NDArray keep(NDManager scope, RowBatch batch) {
        NDArray own = pick(scope, hidden(scope, batch, null, null), batch.predicting(scope));
        float[] all = new float[(int) own.size()];
        float[] weights = new float[all.length / width()];
        int at = 0;
        for (RecallRow row : batch.rows()) {
            float[] kept = baseHidden.computeIfAbsent(row, r -> base(scope, r));
            int places = kept.length / width();
            System.arraycopy(kept, 0, all, at * width(), kept.length);
            Arrays.fill(weights, at, at + places, 1f / (places * batch.rows().size()));
            at += places;
        }
        NDArray base = scope.create(all, new Shape(1, weights.length, width())); // [1, k, d]
        return losses.record(
                        scope,
                        "kl",
                        decoder.logits(scope, base),
                        decoder.logits(scope, own, tokens),
                        scope.create(weights, new Shape(1, weights.length)))
                .get(0);
    }

    /** Last hidden states of the frozen base where a row's next token is labelled, [k · d]. */
    private float[] base(NDManager scope, RecallRow row) {
        RowBatch one = new RowBatch(List.of(row), row.ids()[0]);
        NDArray hidden = decoder.forward(scope, decoder.embed(scope, one.ids()), null, null, Seams.none());
        return pick(scope, hidden, one.predicting(scope)).toFloatArray();
    }

    NDArray pick(NDManager scope, NDArray hidden, NDArray places) {
        return losses.record(scope, "pick", hidden, places).get(0);
    }

    @Override
    public void close() {
        losses.close();
    }
}

package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Seams;
import dev.engram.model.engine.AngleTable;
import java.util.Arrays;

/**
 * The attention that the next queries are expected to pay, times the length of the value: ExpectedAttention (Devoto et al.
 * 2025, arXiv 2510.00636). Queries before rotation are taken as normal with mean μ and covariance Σ; rotated by the average R
 * over the next positions, a key k expects softmax(k·Rμ/√d + k·RΣRᵀk/2d), mean over the heads that share it.
 *
 * <p>Differs from kvpress in that μ and Σ follow the text: older queries fade with a time constant, where kvpress takes those of
 * the prompt; in one pass from an empty cache both are the same. The queries must be seen, so the model runs layer by layer.
 */
final class ExpectedAttention implements SlotScorer {
    private final int sinks;
    private final int future;
    private final double horizon;
    private QueryMoments[] moments = new QueryMoments[0];
    private int rotatedFor = -1;
    private float[] rotation;

    /**
     * A scorer for one cache.
     *
     * @param sinks first tokens, whose queries do not count and whose slots stay
     * @param future positions over which the rotation is averaged
     * @param horizon tokens after which a query counts 1/e
     */
    ExpectedAttention(int sinks, int future, double horizon) {
        if (sinks < 0 || future < 1 || !(horizon > 0)) {
            throw new BadInputException("ExpectedAttention needs sinks (" + sinks + ") of at least 0, at least 1 future"
                    + " position (" + future + ") and a horizon above 0 tokens (" + horizon + ").");
        }
        this.sinks = sinks;
        this.future = future;
        this.horizon = horizon;
    }

    @Override
    public Seams equip(Seams seams) {
        Seams.ProjectionWatch other = seams.projections();
        return seams.withProjections((layer, q, k, v) -> {
            if (layer >= moments.length) {
                moments = Arrays.copyOf(moments, layer + 1);
                moments[layer] = new QueryMoments(sinks);
            }
            moments[layer].add(q, horizon);
            if (other != null && other.sees(layer)) {
                other.projected(layer, q, k, v);
            }
        });
    }

    @Override
    public float[][] score(Layer layer) {
        LmConfig config = layer.cache().config();
        int n = layer.slots();
        int kv = config.kvHeads();
        int group = config.group();
        int d = config.headDim();
        float[][] scores = new float[kv][n];
        for (float[] row : scores) {
            Arrays.fill(row, 0, Math.min(n, sinks), Float.MAX_VALUE);
        }
        if (n <= sinks) {
            return scores;
        }
        QueryMoments m = moments[layer.index()];
        try (NDManager scope = layer.cache().newScope()) {
            String rest = ":, :, " + sinks + ":";
            NDArray k = layer.keys(scope).get(rest).reshape(kv, 1, n - sinks, d);
            NDArray r = scope.create(rotation(layer.cache()), new Shape(d, d));
            NDArray mean = r.matMul(scope.create(m.mean(), new Shape(kv, group, d, 1))); // [kvHeads, group, d, 1]
            NDArray covariance = r.matMul(scope.create(m.covariance(), new Shape(kv, group, d, d)))
                    .matMul(r.transpose());
            NDArray logits = k.matMul(mean)
                    .squeeze(3)
                    .div(Math.sqrt(d))
                    .add(k.matMul(covariance).mul(k).sum(new int[] {3}).div(2 * d)); // [kvHeads, group, slots]
            NDArray length = layer.values(scope)
                    .get(rest)
                    .squeeze(0)
                    .square()
                    .sum(new int[] {2})
                    .sqrt(); // [kvHeads, slots]
            float[][] expected = Rows.of(logits.softmax(2).mean(new int[] {1}).mul(length), n - sinks);
            for (int h = 0; h < kv; h++) {
                System.arraycopy(expected[h], 0, scores[h], sinks, n - sinks);
            }
        }
        return scores;
    }

    /** The average rotation of the next positions, [headDim × headDim]; the same for all layers. */
    private float[] rotation(KvCache cache) {
        int next = cache.nextPosition();
        if (next == rotatedFor) {
            return rotation;
        }
        int d = cache.config().headDim();
        float[] r = new float[d * d];
        float[] inverse = cache.config().positions() instanceof Positions.Rope rope
                ? AngleTable.inverseFrequencies(rope, d)
                : new float[d / 2]; // learned positions turn nothing
        for (int i = 0; i < d / 2; i++) {
            double cos = 0;
            double sin = 0;
            for (int p = next; p < next + future; p++) {
                cos += Math.cos((double) p * inverse[i]) / future;
                sin += Math.sin((double) p * inverse[i]) / future;
            }
            int j = i + d / 2;
            r[i * d + i] = r[j * d + j] = (float) cos;
            r[i * d + j] = (float) -sin;
            r[j * d + i] = (float) sin;
        }
        rotatedFor = next;
        rotation = r;
        return r;
    }
}

package dev.engram.model;

import dev.engram.model.engine.LayerNames;
import dev.engram.model.source.Checkpoint;

/** The attention half of one layer in plain double arithmetic, from its projections before rotation. */
final class HandLayer {
    /** What is added to the logit of a query head at a slot; −∞ hides the slot. */
    interface Bias {
        double of(int head, int query, int slot);
    }

    private final LmConfig config;
    private final float[] o;

    HandLayer(Checkpoint checkpoint, int layer) {
        this.config = checkpoint.config();
        this.o = Tiny.values(checkpoint, new LayerNames(layer).o());
    }

    /** Slots before the queries' position are hidden by this. */
    static Bias causal(int[] queryPositions, int[] slotPositions) {
        return (h, t, s) -> slotPositions[s] <= queryPositions[t] ? 0 : Double.NEGATIVE_INFINITY;
    }

    /**
     * Residual stream after attention, [queries × hidden].
     *
     * @param x residual stream before, [queries × hidden]
     * @param q [queries × heads × headDim], k and v [slots × kvHeads × headDim]
     * @param bias must hide the future itself
     */
    double[] after(float[] x, float[] q, int[] queryAt, float[] k, float[] v, int[] slotAt, Bias bias) {
        int d = config.headDim();
        int queries = queryAt.length;
        double[] out = new double[x.length];
        double[][][] p = probabilities(q, queryAt, k, slotAt, bias);
        for (int t = 0; t < queries; t++) {
            double[] heads = new double[config.heads() * d];
            for (int h = 0; h < config.heads(); h++) {
                int kv = h / config.group();
                for (int s = 0; s < slotAt.length; s++) {
                    for (int i = 0; i < d; i++) {
                        heads[h * d + i] += p[h][t][s] * v[(s * config.kvHeads() + kv) * d + i];
                    }
                }
            }
            for (int row = 0; row < config.hidden(); row++) {
                double sum = x[t * config.hidden() + row];
                for (int i = 0; i < heads.length; i++) {
                    sum += o[row * heads.length + i] * heads[i];
                }
                out[t * config.hidden() + row] = sum;
            }
        }
        return out;
    }

    /** Attention of [head][query][slot]. */
    double[][][] probabilities(float[] q, int[] queryAt, float[] k, int[] slotAt, Bias bias) {
        double[][][] p = new double[config.heads()][queryAt.length][slotAt.length];
        for (int h = 0; h < config.heads(); h++) {
            int kv = h / config.group();
            for (int t = 0; t < queryAt.length; t++) {
                double[] turned = rotated(q, (t * config.heads() + h) * config.headDim(), queryAt[t]);
                double largest = Double.NEGATIVE_INFINITY;
                for (int s = 0; s < slotAt.length; s++) {
                    double[] key = rotated(k, (s * config.kvHeads() + kv) * config.headDim(), slotAt[s]);
                    double dot = 0;
                    for (int i = 0; i < key.length; i++) {
                        dot += turned[i] * key[i];
                    }
                    p[h][t][s] = dot / Math.sqrt(config.headDim()) + bias.of(h, t, s);
                    largest = Math.max(largest, p[h][t][s]);
                }
                double sum = 0;
                for (int s = 0; s < slotAt.length; s++) {
                    p[h][t][s] = Math.exp(p[h][t][s] - largest);
                    sum += p[h][t][s];
                }
                for (int s = 0; s < slotAt.length; s++) {
                    p[h][t][s] /= sum;
                }
            }
        }
        return p;
    }

    /** One head's vector turned to a position: pairs (i, i + D/2) by position · θ^(−2i/D). */
    double[] rotated(float[] x, int from, int position) {
        int half = config.headDim() / 2;
        double theta = ((Positions.Rope) config.positions()).theta();
        double[] turned = new double[2 * half];
        for (int i = 0; i < half; i++) {
            double angle = position * Math.pow(theta, -2.0 * i / config.headDim());
            double a = x[from + i];
            double b = x[from + half + i];
            turned[i] = a * Math.cos(angle) - b * Math.sin(angle);
            turned[half + i] = b * Math.cos(angle) + a * Math.sin(angle);
        }
        return turned;
    }
}

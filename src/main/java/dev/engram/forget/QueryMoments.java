package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Mean and covariance of one layer's queries, head by head, updated pass by pass; older ones count less and less. */
final class QueryMoments {
    private int skip;
    private double weight;
    private double[] mean;
    /** Sum of centred squares, [heads × headDim × headDim]. */
    private double[] scatter;

    /** The first {@code skip} queries do not count. */
    QueryMoments(int skip) {
        this.skip = skip;
    }

    /** Adds a pass's queries, [1, tokens, heads, headDim]; those before fade by exp(−tokens / horizon). */
    void add(NDArray queries, double horizon) {
        int tokens = (int) queries.getShape().get(1);
        int heads = (int) queries.getShape().get(2);
        int d = (int) queries.getShape().get(3);
        if (mean == null) {
            mean = new double[heads * d];
            scatter = new double[heads * d * d];
        }
        int skipped = Math.min(skip, tokens);
        skip -= skipped;
        int added = tokens - skipped;
        if (added == 0) {
            return;
        }
        float[] newMean;
        float[] newScatter = null;
        try (NDManager scope = queries.getManager().newSubManager()) {
            queries.tempAttach(scope);
            NDArray q = queries.get(":, " + skipped + ":").squeeze(0).transpose(1, 0, 2); // [heads, tokens, headDim]
            NDArray centre = q.mean(new int[] {1}, true);
            newMean = centre.toFloatArray();
            if (added > 1) {
                NDArray off = q.sub(centre);
                newScatter = off.transpose(0, 2, 1).matMul(off).toFloatArray();
            }
        }
        merge(newMean, newScatter, added, Math.exp(-tokens / horizon), d);
    }

    /** Chan's rule for two samples, the older one discounted. */
    private void merge(float[] newMean, float[] newScatter, int added, double fade, int d) {
        weight *= fade;
        double between = weight * added / (weight + added);
        double share = added / (weight + added);
        double[] delta = new double[mean.length];
        for (int i = 0; i < mean.length; i++) {
            delta[i] = newMean[i] - mean[i];
            mean[i] += share * delta[i];
        }
        for (int i = 0, at = 0; i < mean.length; i++) {
            int head = i - i % d;
            for (int j = head; j < head + d; j++, at++) {
                double own = newScatter == null ? 0 : newScatter[at];
                scatter[at] = fade * scatter[at] + own + between * delta[i] * delta[j];
            }
        }
        weight += added;
    }

    /** [heads × headDim]. */
    float[] mean() {
        return scaled(mean, 1);
    }

    /** [heads × headDim × headDim]. */
    float[] covariance() {
        return scaled(scatter, 1 / Math.max(weight, 1e-9));
    }

    private static float[] scaled(double[] values, double factor) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (values[i] * factor);
        }
        return out;
    }
}

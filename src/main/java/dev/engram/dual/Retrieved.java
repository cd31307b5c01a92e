package dev.engram.dual;

/**
 * What a query found, best first.
 *
 * @param slots at most k slot numbers
 * @param scores q·k/√h + λ·log(importance) of each
 */
public record Retrieved(int[] slots, float[] scores) {
    public int size() {
        return slots.length;
    }

    /** Soft attention over what was found: the softmax of the scores; empty where nothing was. */
    public float[] weights() {
        float[] weights = new float[scores.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) Math.exp(scores[i] - scores[0]); // the first is the largest
            sum += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= (float) sum;
        }
        return weights;
    }
}

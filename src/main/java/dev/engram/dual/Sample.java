package dev.engram.dual;

/**
 * One text for LMCODE, in segments that are read one after the other.
 *
 * @param segments token ids, [segment][token]; the segments of a position are equally long in all samples of a batch
 * @param labels the token that follows each position, [segment][token]; −100 where nothing is to be learned
 */
public record Sample(int[][] segments, int[][] labels) {
    /** No label. */
    static final int NONE = -100;

    /** Number of labels. */
    public int labelled() {
        int n = 0;
        for (int[] segment : labels) {
            for (int label : segment) {
                n += label == NONE ? 0 : 1;
            }
        }
        return n;
    }
}

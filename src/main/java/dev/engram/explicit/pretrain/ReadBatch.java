package dev.engram.explicit.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.explicit.pretrain.PretrainCorpus.Text;
import dev.engram.model.Seams;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.Labels;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Texts side by side and what they read.
 *
 * @param ids [batch][chunks · chunk]; padding on the right is seen by nobody
 * @param labels [batch][chunks · chunk]: the token that follows each position, {@link Labels#IGNORE} where nothing is predicted
 * @param references [batch][chunks][tokens], or null for the plain decoder
 */
public record ReadBatch(MemoryShape shape, int[][] ids, int[][] labels, int[][][] references) {

    /**
     * Whole texts; every token is predicted.
     *
     * @param sources whose references each text reads, or null for none
     */
    public static ReadBatch texts(MemoryShape shape, List<Text> texts, List<Text> sources) {
        int n = shape.tokens();
        return new ReadBatch(
                shape,
                texts.stream().map(t -> Arrays.copyOf(t.ids(), n)).toArray(int[][]::new),
                texts.stream().map(t -> Arrays.copyOfRange(t.ids(), 1, n + 1)).toArray(int[][]::new),
                sources == null ? null : sources.stream().map(Text::references).toArray(int[][][]::new));
    }

    /** Questions; the answers are predicted. One reference stands in the first chunk, and the others share it. */
    public static ReadBatch answers(MemoryShape shape, List<Question> questions, Reads reads) {
        return of(
                shape,
                questions.stream().map(Question::ids).toList(),
                questions.stream().mapToInt(Question::answer).toArray(),
                references(questions, reads));
    }

    /** The same with the rejected answers. */
    public static ReadBatch rejected(MemoryShape shape, List<Question> questions, Reads reads) {
        return of(
                shape,
                questions.stream().map(Question::rejected).toList(),
                questions.stream().mapToInt(Question::rejectedAnswer).toArray(),
                references(questions, reads));
    }

    private static List<int[]> references(List<Question> questions, Reads reads) {
        return reads == Reads.NONE
                ? null
                : questions.stream()
                        .map(q -> reads == Reads.RIGHT ? q.right() : q.wrong())
                        .toList();
    }

    private static ReadBatch of(MemoryShape shape, List<int[]> whole, int[] learned, List<int[]> single) {
        int longest = whole.stream().mapToInt(w -> w.length - 1).max().orElseThrow();
        int chunks = (longest + shape.chunk() - 1) / shape.chunk();
        int[][] ids = new int[whole.size()][chunks * shape.chunk()];
        int[][] labels = new int[ids.length][ids[0].length];
        int[][][] references = single == null ? null : new int[ids.length][chunks][0];
        for (int r = 0; r < ids.length; r++) {
            int[] w = whole.get(r);
            System.arraycopy(w, 0, ids[r], 0, w.length - 1);
            Arrays.fill(labels[r], Labels.IGNORE);
            System.arraycopy(w, w.length - learned[r], labels[r], w.length - 1 - learned[r], learned[r]);
            if (single != null) {
                references[r][0] = single.get(r);
            }
        }
        return new ReadBatch(shape, ids, labels, references);
    }

    /** The last hidden states [batch, tokens, hidden]. */
    public NDArray hidden(NDManager scope, TrainableDecoder decoder) {
        Seams seams = references == null
                ? Seams.none()
                : SharedReferences.of(scope, decoder, shape, references).seams();
        return decoder.forward(scope, decoder.embed(scope, ids), shape.contextPosition(), null, null, seams);
    }

    /** Mean loss of the predicted tokens. */
    public NDArray loss(NDManager scope, TrainableDecoder decoder) {
        return decoder.crossEntropy(scope, hidden(scope, decoder), labels, null);
    }

    /** Places row · tokens + position of the predicted tokens. */
    int[] places() {
        int width = ids[0].length;
        return IntStream.range(0, ids.length * width)
                .filter(i -> labels[i / width][i % width] != Labels.IGNORE)
                .toArray();
    }

    /** Row of each predicted token. */
    int[] rows() {
        return Arrays.stream(places()).map(p -> p / ids[0].length).toArray();
    }

    int[] targets() {
        int width = ids[0].length;
        return Arrays.stream(places()).map(p -> labels[p / width][p % width]).toArray();
    }

    /** Logits of the predicted tokens, [1, predicted, vocabulary]. */
    NDArray logits(NDManager scope, TrainableDecoder decoder) {
        return decoder.logits(scope, decoder.select(scope, hidden(scope, decoder), places()));
    }

    /** Their log-probabilities, [1, predicted]. */
    NDArray logprobs(NDManager scope, TrainableDecoder decoder) {
        return decoder.logprobs(scope, logits(scope, decoder), new int[][] {targets()});
    }
}

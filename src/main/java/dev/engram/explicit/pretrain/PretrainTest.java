package dev.engram.explicit.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.explicit.pretrain.PretrainCorpus.Text;
import dev.engram.model.TrainableDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * How well a tiny model predicts, on a world that no training text is about: texts with what their chunks retrieve, and answers to
 * questions, each with the right references, with wrong ones, and with none.
 *
 * @param texts held-out texts
 * @param questions held-out wordings
 */
public record PretrainTest(MemoryShape shape, List<Text> texts, List<Question> questions) {
    private static final int BATCH = 16;

    /**
     * A measurement.
     *
     * @param what text or answer
     * @param reads key of {@link Reads}
     * @param unit number of the text, or entity of the question
     * @param nll mean over predicted tokens, in nats
     * @param exact 1 if every predicted token is the most likely one
     */
    public record Row(String what, String reads, String unit, double nll, double exact) {}

    /** Measures everything. */
    public List<Row> run(TrainableDecoder decoder) {
        List<Row> rows = new ArrayList<>();
        for (Reads reads : Reads.values()) {
            rows.addAll(run(decoder, reads));
        }
        return rows;
    }

    /** Measures with one kind of references. */
    public List<Row> run(TrainableDecoder decoder, Reads reads) {
        List<Row> rows = new ArrayList<>();
        for (int at = 0; at < texts.size(); at += BATCH) {
            int from = at;
            List<Text> some = texts.subList(at, Math.min(texts.size(), at + BATCH));
            List<Text> sources = reads == Reads.NONE
                    ? null
                    : IntStream.range(at, at + some.size())
                            .mapToObj(
                                    i -> texts.get((i + (reads == Reads.WRONG ? texts.size() / 2 : 0)) % texts.size()))
                            .toList();
            ReadBatch batch = ReadBatch.texts(shape, some, sources);
            rows.addAll(rows(decoder, batch, "text", reads, i -> String.valueOf(from + i)));
        }
        for (int at = 0; at < questions.size(); at += BATCH) {
            List<Question> some = questions.subList(at, Math.min(questions.size(), at + BATCH));
            ReadBatch batch = ReadBatch.answers(shape, some, reads);
            rows.addAll(rows(decoder, batch, "answer", reads, i -> some.get(i).entity()));
        }
        return rows;
    }

    private static List<Row> rows(
            TrainableDecoder decoder, ReadBatch batch, String what, Reads reads, IntFunction<String> unit) {
        int n = batch.ids().length;
        double[] nll = new double[n];
        int[] tokens = new int[n];
        boolean[] missed = new boolean[n];
        int[] row = batch.rows();
        int[] targets = batch.targets();
        try (NDManager scope = decoder.newScope()) {
            NDArray logits = batch.logits(scope, decoder);
            float[] logprobs =
                    decoder.logprobs(scope, logits, new int[][] {targets}).toFloatArray();
            long[] best = logits.argMax(2).toLongArray();
            for (int i = 0; i < row.length; i++) {
                nll[row[i]] -= logprobs[i];
                tokens[row[i]]++;
                missed[row[i]] |= best[i] != targets[i];
            }
        }
        return IntStream.range(0, n)
                .mapToObj(i -> new Row(what, reads.key(), unit.apply(i), nll[i] / tokens[i], missed[i] ? 0 : 1))
                .toList();
    }

    /** The losses of one kind, in the order of the rows. */
    public static double[] nll(List<Row> rows, String what, Reads reads) {
        return rows.stream()
                .filter(r -> r.what().equals(what) && r.reads().equals(reads.key()))
                .mapToDouble(Row::nll)
                .toArray();
    }

    /** Their mean. */
    public static double mean(List<Row> rows, String what, Reads reads) {
        return java.util.Arrays.stream(nll(rows, what, reads)).average().orElseThrow();
    }
}

package dev.engram.explicit.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.explicit.TokenSelector;
import dev.engram.explicit.TokenSelectors;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.Seams;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.TrainableDecoder.Written;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Memories of a training batch (paper, section 3.5; seed 4.1.2 and 4.4): every chunk of every text has retrieved one reference, the model
 * that is being trained encodes all of them alone, and a chunk reads its own and those of the chunks before it. The gradient flows back into
 * the encoding: the paper's step takes slightly more than twice the time with twice as many reference tokens as text tokens in half of the
 * layers, which is the price of a backward pass through them.
 *
 * <p>Rows of a layer are the sink (key and value of the token that stands before every reference, at every layer), then C references
 * of n tokens each.
 */
public final class SharedReferences implements Seams.ExtraRows {
    private final Seams.Rows[] rows;
    private final NDArray mask;

    private SharedReferences(Seams.Rows[] rows, NDArray mask) {
        this.rows = rows;
        this.mask = mask;
    }

    /**
     * Encodes the references of a batch.
     *
     * @param step owner of everything it makes
     * @param references [batch][chunks][tokens], without the token before them; an empty one is seen by nobody
     */
    public static SharedReferences of(
            NDManager step, TrainableDecoder decoder, MemoryShape shape, int[][][] references) {
        int chunks = references[0].length;
        int[][] texts = Arrays.stream(references).flatMap(Arrays::stream).toArray(int[][]::new);
        int longest = Arrays.stream(texts).mapToInt(t -> t.length).max().orElseThrow();
        int kept = shape.kept() == WriteConfig.ALL_TOKENS ? longest : Math.min(shape.kept(), longest);
        int all = decoder.config().layers();
        List<Written> constant = decoder.write(
                step,
                new int[][] {{TinyVocabulary.REFERENCE}},
                IntStream.range(0, all).toArray());
        Seams.Rows[] rows =
                constant.stream().map(c -> new Seams.Rows(c.keys(), c.values())).toArray(Seams.Rows[]::new);
        if (kept > 0) {
            int[][] padded = new int[texts.length][1 + longest]; // on the right, where no token of the text sees it
            for (int t = 0; t < texts.length; t++) {
                padded[t][0] = TinyVocabulary.REFERENCE;
                System.arraycopy(texts[t], 0, padded[t], 1, texts[t].length);
            }
            for (Written w : decoder.write(step, padded, shape.layers().of(all))) {
                NDArray at = slots(step, w, texts, longest, kept)
                        .reshape(references.length, chunks, decoder.config().kvHeads(), kept);
                Seams.Rows sink = rows[w.layer()];
                rows[w.layer()] = new Seams.Rows(
                        decoder.sideBySide(step, sink.keys(), w.keys(), at),
                        decoder.sideBySide(step, sink.values(), w.values(), at));
            }
        }
        return new SharedReferences(rows, mask(step, shape, references, kept));
    }

    /** Slots that are kept, [texts · kvHeads · kept], in the texts' order; those of short texts are filled up with padding. */
    private static NDArray slots(NDManager step, Written w, int[][] texts, int longest, int kept) {
        int heads = (int) w.k().getShape().get(2);
        long[] slots = new long[texts.length * heads * kept];
        float[] scores = kept == longest ? null : scores(step, w, texts, longest);
        for (int i = 0; i < texts.length * heads; i++) {
            int from = i * (1 + longest);
            int length = texts[i / heads].length;
            IntStream order = IntStream.rangeClosed(1, longest);
            if (scores != null) {
                order = order.boxed()
                        .sorted(Comparator.comparingDouble(s -> s > length ? s : -scores[from + s]))
                        .limit(kept)
                        .mapToInt(Integer::intValue)
                        .sorted();
            }
            int[] chosen = order.toArray();
            for (int j = 0; j < kept; j++) {
                slots[i * kept + j] = chosen[j];
            }
        }
        return step.create(slots);
    }

    /** The paper's rule: attention received without mask and rotation, [texts, kvHeads, 1 + longest]. */
    private static float[] scores(NDManager step, Written w, int[][] texts, int longest) {
        float[] text = new float[texts.length * (1 + longest)];
        for (int t = 0; t < texts.length; t++) {
            int from = t * (1 + longest) + 1;
            Arrays.fill(text, from, from + texts[t].length, 1);
        }
        try (NDManager scope = step.newSubManager()) {
            NDArray q = w.q();
            NDArray k = w.k();
            q.attach(scope);
            k.attach(scope);
            NDArray real = scope.create(text, new Shape(texts.length, 1 + longest));
            return TokenSelectors.paper()
                    .scores(new TokenSelector.LayerView(w.layer(), q, k, null, null, real))
                    .toFloatArray();
        }
    }

    /** [batch, 1, 1, tokens, 1 + chunks · kept]. */
    private static NDArray mask(NDManager step, MemoryShape shape, int[][][] references, int kept) {
        int chunks = references[0].length;
        int columns = 1 + chunks * kept;
        int tokens = chunks * shape.chunk();
        float[] hidden = new float[references.length * tokens * columns];
        for (int b = 0; b < references.length; b++) {
            for (int q = 0; q < tokens; q++) {
                int row = (b * tokens + q) * columns + 1;
                for (int c = 0; c < chunks; c++) {
                    int seen = shape.sees(q / shape.chunk(), c) ? Math.min(kept, references[b][c].length) : 0;
                    Arrays.fill(hidden, row + c * kept + seen, row + (c + 1) * kept, Float.NEGATIVE_INFINITY);
                }
            }
        }
        return step.create(hidden, new Shape(references.length, 1, 1, tokens, columns));
    }

    public Seams seams() {
        return Seams.none().withRows(this);
    }

    @Override
    public Seams.Rows of(int layer) {
        return rows[layer];
    }

    @Override
    public NDArray mask() {
        return mask;
    }
}

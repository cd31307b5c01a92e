package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Adapter;
import dev.engram.model.CausalLm;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.Labels;
import dev.engram.train.Replay;
import dev.engram.train.TrainingTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Continual training of a model that was not made for memories (after paper, section 3.5): it learns to answer from the memories that its
 * untrained self wrote. Each row of a batch reads its own reference among up to four others, in a random order, kept by a number of tokens
 * that changes from step to step.
 *
 * <p>Differs from the paper in that the loss is that of answers to questions, that adapters learn and the writer is frozen, and in
 * the KL to the base on ordinary text, which keeps what the model could do without memories.
 */
public final class ReadingTask implements TrainingTask {
    private final TrainableDecoder decoder;
    private final Adapter adapter;
    private final Rows rows;
    private final ExplicitMemory sink;
    private final int contextPosition;
    private final int batch;
    private final int most;
    private final Replay replay;
    private final double weight;
    private final long seed;
    private Map<String, Double> parts = Map.of();

    /**
     * What is read.
     *
     * @param ids of question, answer's beginning and answer, one row for each item
     * @param answers tokens of the answer at each row's end
     * @param memories of the items' references, [numbers of tokens kept][item]
     */
    public record Rows(List<int[]> ids, int[] answers, List<List<ExplicitMemory>> memories) {
        /** Encodes the references of items once for each number of tokens kept. */
        public static Rows of(CausalLm lm, ReferenceWriter writer, List<ReadingItem> items, List<Integer> kept) {
            // several items share a passage
            List<String> texts =
                    items.stream().map(ReadingItem::reference).distinct().toList();
            Map<String, Integer> place = new LinkedHashMap<>();
            texts.forEach(t -> place.put(t, place.size()));
            List<List<ExplicitMemory>> written = writer.write(texts, kept);
            List<List<ExplicitMemory>> memories = written.stream()
                    .map(all -> items.stream()
                            .map(i -> all.get(place.get(i.reference())))
                            .toList())
                    .toList();
            List<int[]> ids = new ArrayList<>();
            int[] answers = new int[items.size()];
            for (int i = 0; i < answers.length; i++) {
                int[] gold = lm.tokenizer().encode(" " + items.get(i).gold() + ".");
                answers[i] = gold.length;
                ids.add(IntStream.concat(Arrays.stream(ReadingTest.context(lm, items.get(i))), Arrays.stream(gold))
                        .toArray());
            }
            return new Rows(ids, answers, memories);
        }
    }

    /**
     * A task.
     *
     * @param batch rows of a step
     * @param distractors at most so many other references beside a row's own
     * @param replay ordinary text, or null
     */
    public ReadingTask(
            TrainableDecoder decoder,
            Adapter adapter,
            Rows rows,
            ReferenceWriter writer,
            int batch,
            int distractors,
            Replay replay,
            double weight,
            long seed) {
        this.decoder = decoder;
        this.adapter = adapter;
        this.rows = rows;
        this.sink = writer.sink();
        this.contextPosition = writer.contextPosition();
        this.batch = batch;
        this.most = distractors;
        this.replay = replay;
        this.weight = weight;
        this.seed = seed;
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        SplittableRandom random = random(step);
        int[] items = items(random);
        List<ExplicitMemory> all =
                rows.memories().get(random.nextInt(rows.memories().size()));
        List<List<ExplicitMemory>> read = new ArrayList<>();
        for (int item : items) {
            List<ExplicitMemory> own = new ArrayList<>();
            int others = random.nextInt(most + 1);
            while (own.size() < others) {
                ExplicitMemory other = all.get(random.nextInt(all.size()));
                if (other != all.get(item)) {
                    own.add(other);
                }
            }
            own.add(random.nextInt(own.size() + 1), all.get(item));
            read.add(own);
        }
        int width =
                Arrays.stream(items).map(i -> rows.ids().get(i).length).max().orElseThrow();
        int[][] ids = new int[items.length][width]; // padding on the right is seen by nobody
        int[][] labels = new int[items.length][width];
        for (int r = 0; r < items.length; r++) {
            int[] own = rows.ids().get(items[r]);
            System.arraycopy(own, 0, ids[r], 0, own.length);
            Arrays.fill(labels[r], Labels.IGNORE);
            for (int t = own.length - rows.answers()[items[r]]; t < own.length; t++) {
                labels[r][t - 1] = own[t];
            }
        }
        MemoryRows memories = MemoryRows.batch(scope, decoder.config().layers(), sink, read);
        NDArray hidden =
                decoder.forward(scope, decoder.embed(scope, ids), contextPosition, null, adapter, memories.seams());
        NDArray answers = decoder.crossEntropy(scope, hidden, labels, null);
        if (replay == null) {
            return answers;
        }
        NDArray kl = replay.divergence(scope, adapter, step);
        Map<String, Double> now = new LinkedHashMap<>();
        now.put("answers", (double) answers.getFloat());
        now.put("kl", (double) kl.getFloat());
        parts = now;
        return answers.add(Tape.times(scope, kl, weight));
    }

    private SplittableRandom random(int step) {
        return new SplittableRandom(seed * 1_000_003 + step);
    }

    private int[] items(SplittableRandom random) {
        return random.ints(batch, 0, rows.ids().size()).toArray();
    }

    @Override
    public int tokens(int step, int micro) {
        return Arrays.stream(items(random(step)))
                .map(i -> rows.ids().get(i).length)
                .sum();
    }

    @Override
    public Map<String, Double> parts() {
        return parts;
    }

    @Override
    public String fingerprint() {
        return "reading " + rows.ids().size() + " items, " + rows.memories().size() + " numbers of tokens, batch "
                + batch + ", " + most + " distractors, kl " + (replay == null ? 0 : weight) + ", seed " + seed;
    }
}

package dev.engram.explicit.pretrain;

import dev.engram.retrieve.LeakFilter;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Texts about worlds and the references that their chunks retrieve. Facts of one entity follow each other in changing words, some as
 * question and answer; the references are the facts' statements. Each fact comes about twice, so that weights cannot learn the facts of ten
 * worlds in a short run, but can learn how such texts go and to look facts up.
 *
 * @param texts of all worlds
 */
public record PretrainCorpus(List<Text> texts) {
    /**
     * A text of a fixed length.
     *
     * @param ids with the first token, one more than is fed, because the last one is only predicted
     * @param references retrieved by each chunk, [chunks][tokens]
     */
    public record Text(int[] ids, int[][] references) {}

    public PretrainCorpus {
        texts = List.copyOf(texts);
    }

    /** What a tiny vocabulary is learned from: every wording of every fact. */
    public static List<String> wordings(List<List<Fact>> worlds) {
        List<String> all = new ArrayList<>();
        for (List<Fact> facts : worlds) {
            for (Fact f : facts) {
                all.add(f.statement());
                f.paraphrases().forEach(p -> all.add(" " + p));
                f.trainQuestions().forEach(q -> all.add(" " + q + " " + f.value() + "."));
                f.heldoutQuestions().forEach(q -> all.add(" " + q));
            }
        }
        return all;
    }

    /**
     * Writes texts about worlds.
     *
     * @param worlds facts of each
     * @param passes how often each fact is told
     */
    public static PretrainCorpus of(
            List<List<Fact>> worlds,
            TinyVocabulary vocabulary,
            MemoryShape shape,
            int passes,
            LeakFilter filter,
            long seed) {
        List<Text> texts = new ArrayList<>();
        for (int w = 0; w < worlds.size(); w++) {
            List<Fact> facts = worlds.get(w);
            LexicalIndex index = new LexicalIndex(
                    facts.stream().map(f -> reference(f, vocabulary, shape)).toList());
            for (int p = 0; p < passes; p++) {
                SplittableRandom random = new SplittableRandom(seed * 1_000_003 + w * 101L + p);
                for (int[] ids : cut(told(facts, vocabulary, random), shape.tokens())) {
                    texts.add(new Text(ids, retrieved(ids, index, shape, filter)));
                }
            }
        }
        return new PretrainCorpus(texts);
    }

    /** A fact's statement, cut off where it is too long. */
    public static int[] reference(Fact fact, TinyVocabulary vocabulary, MemoryShape shape) {
        int[] ids = vocabulary.encode(" " + fact.statement());
        return Arrays.copyOf(ids, Math.min(ids.length, shape.reference()));
    }

    /** All facts, entity by entity, as one stream of tokens. */
    private static int[] told(List<Fact> facts, TinyVocabulary vocabulary, SplittableRandom random) {
        Map<String, List<Fact>> entities = new LinkedHashMap<>();
        facts.forEach(f ->
                entities.computeIfAbsent(f.entity(), e -> new ArrayList<>()).add(f));
        List<List<Fact>> order = new ArrayList<>(entities.values());
        Collections.shuffle(order, new Random(random.nextLong()));
        List<int[]> parts = new ArrayList<>();
        for (List<Fact> own : order) {
            Collections.shuffle(own, new Random(random.nextLong()));
            for (Fact f : own) {
                parts.add(vocabulary.encode(" " + wording(f, random)));
            }
        }
        return parts.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private static String wording(Fact f, SplittableRandom random) {
        int n = random.nextInt(f.paraphrases().size() + 1);
        String statement = n == 0 ? f.statement() : f.paraphrases().get(n - 1);
        String question =
                f.trainQuestions().get(random.nextInt(f.trainQuestions().size()));
        String answer = question + " " + f.value() + ".";
        return switch (random.nextInt(4)) {
            case 0, 1 -> answer;
            case 2 -> statement;
            default -> statement + " " + answer; // what is said again can be looked up in the text itself
        };
    }

    private static List<int[]> cut(int[] stream, int tokens) {
        List<int[]> texts = new ArrayList<>();
        for (int at = 0; at + tokens <= stream.length; at += tokens) {
            int[] ids = new int[tokens + 1];
            ids[0] = TinyVocabulary.BOS;
            System.arraycopy(stream, at, ids, 1, tokens);
            texts.add(ids);
        }
        return texts;
    }

    private static int[][] retrieved(int[] ids, LexicalIndex index, MemoryShape shape, LeakFilter filter) {
        return IntStream.range(0, shape.chunks())
                .mapToObj(c -> {
                    // what the chunk predicts is what it asks with, as in the paper's training
                    int[] chunk = Arrays.copyOfRange(ids, 1 + c * shape.chunk(), 1 + (c + 1) * shape.chunk());
                    return index.reference(index.best(chunk, ids, filter));
                })
                .toArray(int[][]::new);
    }
}

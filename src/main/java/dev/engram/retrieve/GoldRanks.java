package dev.engram.retrieve;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.eval.Ranking;
import dev.engram.model.BadInputException;
import dev.engram.report.Progress;
import dev.engram.world.Fact;
import dev.engram.world.Passage;
import dev.engram.world.World;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well an embedding model finds what a question asks for: each held-out question of some facts against the statements of all facts
 * and against all passages of a world.
 */
public final class GoldRanks {
    /**
     * A question's right texts among all.
     *
     * @param fact its id
     * @param entity questions about the same one are not independent
     * @param statement rank of the fact's statement among all statements, from 1
     * @param passage rank of the best passage that states the fact among all passages, from 1; 0 where none does
     */
    public record Row(String fact, String entity, String question, int statement, int passage) {}

    private final EmbeddingModel model;
    private final World world;
    private final float[][] statements;
    private final float[][] passages;

    /** Embeds all facts' statements and all passages. */
    public GoldRanks(EmbeddingModel model, World world) {
        this.model = model;
        this.world = world;
        statements = vectors(world.facts().stream().map(Fact::statement).toList());
        passages = vectors(world.passages().stream().map(Passage::text).toList());
    }

    /** Unit vectors of the statements of all facts, in the world's order. */
    public float[][] statements() {
        return statements;
    }

    /** Unit vectors of texts. */
    public float[][] vectors(List<String> texts) {
        float[][] vectors = new float[texts.size()][];
        try (Progress progress = Progress.start("Embedding texts", texts.size())) {
            for (int i = 0; i < vectors.length; i++) {
                vectors[i] = Vectors.unit(
                        model.embed(TextSegment.from(texts.get(i))).content().vector());
                progress.step();
            }
        }
        return vectors;
    }

    /** Asks every held-out question of these facts. */
    public List<Row> ask(List<Fact> facts) {
        List<Row> rows = new ArrayList<>();
        for (Fact fact : facts) {
            for (String question : fact.heldoutQuestions()) {
                rows.add(new Row(fact.id(), fact.entity(), question, 0, 0));
            }
        }
        float[][] queries = vectors(rows.stream().map(Row::question).toList());
        for (int i = 0; i < queries.length; i++) {
            Row row = rows.get(i);
            int statement = Ranking.rank(products(statements, queries[i]), indexOf(row.fact));
            rows.set(i, new Row(row.fact, row.entity, row.question, statement, passageRank(row.fact, queries[i])));
        }
        return rows;
    }

    private int indexOf(String fact) {
        for (int i = 0; i < world.facts().size(); i++) {
            if (world.facts().get(i).id().equals(fact)) {
                return i;
            }
        }
        throw new BadInputException("There is no fact with the id '" + fact + "' in this world; ask about its own.");
    }

    private int passageRank(String fact, float[] query) {
        double[] products = products(passages, query);
        int best = 0;
        for (int p = 0; p < products.length; p++) {
            if (world.passages().get(p).facts().contains(fact)) {
                int rank = Ranking.rank(products, p);
                best = best == 0 ? rank : Math.min(best, rank);
            }
        }
        return best;
    }

    private static double[] products(float[][] rows, float[] query) {
        return Arrays.stream(rows).mapToDouble(r -> Vectors.dot(r, query)).toArray();
    }

    /** Share of questions whose right text is among the first k, with an interval over entities. */
    public static Interval recallAt(int k, List<Row> rows, boolean passage, Bootstrap bootstrap) {
        Map<String, List<Integer>> units = new LinkedHashMap<>();
        rows.forEach(
                r -> units.computeIfAbsent(r.entity, e -> new ArrayList<>()).add(passage ? r.passage : r.statement));
        return bootstrap.mean(units.values().stream()
                .mapToDouble(
                        u -> new Ranking(u.stream().mapToInt(Integer::intValue).toArray()).recallAt(k))
                .toArray());
    }
}

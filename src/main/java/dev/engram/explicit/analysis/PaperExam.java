package dev.engram.explicit.analysis;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import dev.engram.world.PaperQuestion;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The law and medicine papers of a world, multiple choice, in place of the seed's JEC-QA and medical questions (section 5.2): each option is
 * scored as the answer by its summed log-probability, and the likeliest is the choice. Chance is one in four.
 *
 * <p>Differs from the seed in that memory and text are read by the same weights, and that answering from nothing stands beside.
 */
public record PaperExam(CausalLm lm, Library library, World world) {
    /** What is read beside a question. */
    public enum Given {
        NOTHING,
        MEMORY,
        TEXT
    }

    /**
     * One question.
     *
     * @param arm what was read
     * @param k references that were searched for; 0 for none
     * @param unit entity
     * @param hit 1 if a reference that was found tells the answer
     * @param right 1 if the right option was chosen
     * @param margin log-probability of the right option among the four, in nats
     */
    public record Row(String paper, String arm, int k, String unit, double hit, double right, double margin) {}

    /** Questions of a paper about entities that nobody trained on. */
    public List<PaperQuestion> questions(String paper, int most) {
        return world.paper(paper).stream()
                .filter(q -> q.split().equals("heldout"))
                .limit(most)
                .toList();
    }

    /** The same as questions with an open answer, for {@link AnswerAnalysis}. */
    public List<ReadingItem> open(String paper, int most) {
        return questions(paper, most).stream().map(this::item).toList();
    }

    private ReadingItem item(PaperQuestion q) {
        var fact = world.fact(q.fact());
        return new ReadingItem(fact.entity(), q.question(), fact.value(), fact.statement(), List.of());
    }

    /** Sits a paper with k references found for each question. */
    public List<Row> sit(List<PaperQuestion> questions, Given given, String arm, int k, Finder finder) {
        List<List<String>> found = questions.stream()
                .map(q -> given == Given.NOTHING ? List.<String>of() : finder.find(q.question(), k))
                .toList();
        library.write(
                given == Given.MEMORY ? found.stream().flatMap(List::stream).toList() : List.of());
        ReadingTest test = new ReadingTest(lm, library.writer(), library.sink());
        List<Row> rows = new ArrayList<>();
        try (Progress progress = Progress.start(arm + ", " + k + " references", questions.size())) {
            for (int i = 0; i < questions.size(); i++) {
                PaperQuestion q = questions.get(i);
                ReadingItem item = item(q);
                List<String> texts = found.get(i);
                List<ExplicitMemory> memories = given == Given.MEMORY ? library.of(texts) : List.of();
                double[] sums = test.score(item, given == Given.TEXT ? texts : List.of(), memories, q.options());
                boolean hit = texts.stream().anyMatch(t -> AnswerAnalysis.holds(t, item.gold()));
                rows.add(new Row(
                        q.paper(),
                        arm,
                        k,
                        item.unit(),
                        hit ? 1 : 0,
                        best(sums) == q.answer() ? 1 : 0,
                        margin(sums, q.answer())));
                progress.step();
            }
        }
        return rows;
    }

    private static int best(double[] sums) {
        return IntStream.range(0, sums.length)
                .reduce((a, b) -> sums[b] > sums[a] ? b : a)
                .orElseThrow();
    }

    private static double margin(double[] sums, int right) {
        double most = Arrays.stream(sums).max().orElseThrow();
        return sums[right]
                - most
                - Math.log(Arrays.stream(sums).map(s -> Math.exp(s - most)).sum());
    }
}

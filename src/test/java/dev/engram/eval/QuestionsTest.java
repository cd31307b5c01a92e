package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.text.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runner on a tiny model: what is asked in batches equals what is asked one by one. */
class QuestionsTest {
    @TempDir
    private static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder.resolve("tiny")).toString(),
                LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static List<Question> questions() {
        List<Question> all = new ArrayList<>();
        for (String q : List.of("Who?", "What is it that you see?", "A", "Where is the ship?", "When, then?")) {
            all.add(Question.closedBook("unit " + all.size() % 2, q, "gold " + all.size()));
        }
        return all;
    }

    @Test
    void batchesAnswerAsSingleQuestionsDo() {
        List<Question> questions = questions();
        List<Questions.Result> results = new Questions(lm, 3, 6).ask("tiny", questions);
        for (int i = 0; i < questions.size(); i++) {
            Question q = questions.get(i);
            assertEquals(q, results.get(i).question(), "in the order of the questions");
            int[] prompt = lm.tokenizer().encode(lm.prompt(q.messages()));
            int[] ids = lm.generate(lm.prompt(q.messages()), GenerationConfig.greedy(6)).ids().stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
            String alone = lm.tokenizer().decode(ids, true);
            assertEquals(alone.strip(), results.get(i).answer());
            int[] gold = lm.tokenizer().encode(q.gold() + "<|im_end|>");
            double[] all = lm.logprobs(join(prompt, gold));
            double nll = -Arrays.stream(Arrays.copyOfRange(all, prompt.length - 1, all.length))
                    .average()
                    .orElseThrow();
            assertEquals(nll, results.get(i).nll(), 1e-4);
        }
    }

    private static int[] join(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    @Test
    void scoresAreMeansAndUnitsStayTogether() {
        List<Question> q = questions().subList(0, 4);
        List<Questions.Result> results = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            results.add(new Questions.Result("arm", q.get(i), "", i != 1, true, 0.25 * i, i));
        }
        Questions.Summary summary = Questions.summary(results);
        assertEquals(new Questions.Summary("arm", 4, 0.75, 1, 0.375, 1.5), summary);
        // units 0: questions 0 and 2; unit 1: questions 1 and 3
        assertArrayEquals(new double[] {1, 0.5}, Questions.byUnit(results, Questions.Result::exactness));
        assertEquals(1, Questions.table(List.of(results)).rowCount());
    }

    /** Resampled are units, not questions: with one unit there is nothing to vary. */
    @Test
    void intervalsAreOverUnits() {
        List<Questions.Result> a = new ArrayList<>();
        List<Questions.Result> b = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Question one = Question.closedBook("same", "q" + i, "gold");
            a.add(new Questions.Result("a", one, "", i % 2 == 0, true, 0, 1));
            b.add(new Questions.Result("b", one, "", i % 4 == 0, true, 0, 1));
        }
        Bootstrap bootstrap = Bootstrap.seeded(7);
        Interval alone = Questions.interval(a, Questions.Result::exactness, bootstrap);
        assertEquals(new Interval(0.5, 0.5, 0.5, 0.95), alone);
        assertEquals(
                0.25,
                Questions.difference(a, b, Questions.Result::exactness, bootstrap)
                        .low());
        List<Questions.Result> many = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            many.add(new Questions.Result(
                    "a", Question.closedBook("unit " + i, "q" + i, "gold"), "", i % 2 == 0, true, 0, 1));
        }
        Interval spread = Questions.interval(many, Questions.Result::exactness, bootstrap);
        assertTrue(spread.low() > 0.25 && spread.low() < 0.45 && spread.high() > 0.55, spread.toString());
        assertThrows(
                BadInputException.class, () -> Questions.difference(a, many, Questions.Result::exactness, bootstrap));
    }

    @Test
    void optionsAreScoredAsAnswers() {
        List<Message> asked = List.of(Message.user("Who?"));
        List<String> options = List.of("me", "nobody at all", "you");
        MultipleChoice.Result result = MultipleChoice.ask(lm, List.of(new MultipleChoice.Item("x", asked, options, 1)))
                .get(0);
        int[] prompt = lm.tokenizer().encode(lm.prompt(asked));
        for (int o = 0; o < 3; o++) {
            int[] option = lm.tokenizer().encode(options.get(o));
            double[] all = lm.logprobs(join(prompt, option));
            double sum = Arrays.stream(Arrays.copyOfRange(all, prompt.length - 1, all.length))
                    .sum();
            assertEquals(sum, result.sums()[o], 1e-3);
            assertEquals(sum / option.length, result.means()[o], 1e-4);
        }
    }

    @Test
    void perplexityIsThatOfTheScorer() {
        int[] ids = lm.tokenizer().encode("Some ordinary text, long enough.");
        Perplexity p = Perplexity.of(lm, List.of(ids, ids));
        double mean = -Arrays.stream(lm.logprobs(ids)).average().orElseThrow();
        assertEquals(Math.exp(mean), p.value(), 1e-4 * Math.exp(mean));
        assertEquals(2, p.nll().size());
    }

    @Test
    void formsOfQuestions() {
        Question reading = Question.reading("u", "The sea is salt.", "What is salt?", "the sea");
        assertTrue(reading.messages().get(0).content().contains("The sea is salt."));
        assertEquals(2, reading.withSystem("Be brief.").messages().size());
        assertThrows(BadInputException.class, () -> new Questions(lm, 0, 4));
    }
}

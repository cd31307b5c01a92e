package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.text.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The default model knows nothing of Halcyon, so whatever it answers later it has remembered. */
@Tag("default-model")
class HalcyonModelTest {
    private static final World WORLD = World.load(Path.of("data", "halcyon"));
    private static final int ASKED = 120;
    private static CausalLm lm;

    @BeforeAll
    static void open() {
        lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static int tokens(String text) {
        return lm.tokenizer().encode(text).length;
    }

    private static <T> List<T> sample(String key, List<T> all, int n) {
        return new Draw("sample", key).shuffled(all).subList(0, n);
    }

    @Test
    void passagesAndSentencesFitIntoAReference() {
        for (Passage passage : WORLD.passages()) {
            assertTrue(tokens(passage.text()) <= 128, passage.id() + " has " + tokens(passage.text()) + " tokens");
        }
        assertTrue(WORLD.passages().stream().anyMatch(p -> tokens(p.text()) > 90), "none is long");
        for (Fact fact : WORLD.facts()) {
            assertTrue(tokens(fact.statement()) <= 40, fact.statement());
        }
    }

    /** Chance is 25 %; its 99 % interval for 120 questions reaches to 35 %. */
    @ParameterizedTest
    @ValueSource(strings = {"law", "medicine"})
    void papersAreAtChance(String paper) {
        int right = 0;
        for (PaperQuestion question : sample(paper, WORLD.paper(paper), ASKED)) {
            int[] prompt = lm.tokenizer().encode(lm.prompt(List.of(Message.user(question.question()))));
            List<int[]> prompts = new ArrayList<>();
            List<int[]> options = new ArrayList<>();
            for (String option : question.options()) {
                prompts.add(prompt);
                options.add(lm.tokenizer().encode(option));
            }
            List<double[]> scores = lm.score(prompts, options);
            int best = 0;
            for (int i = 1; i < scores.size(); i++) {
                if (mean(scores.get(i)) > mean(scores.get(best))) {
                    best = i;
                }
            }
            right += best == question.answer() ? 1 : 0;
        }
        double accuracy = right / (double) ASKED;
        System.out.printf(Locale.ROOT, "%s paper, base model: %d of %d right%n", paper, right, ASKED);
        assertTrue(accuracy > 0.14 && accuracy < 0.36, "accuracy " + accuracy);
    }

    private static double mean(double[] logprobs) {
        return Arrays.stream(logprobs).average().orElseThrow();
    }

    @Test
    void closedBookAnswersAreWrong() {
        int right = 0;
        List<Fact> asked = sample("closed book", WORLD.facts(), 60);
        for (Fact fact : asked) {
            String answer = lm.chat(fact.trainQuestions().get(0), GenerationConfig.greedy(24))
                    .text();
            right += answer.toLowerCase(Locale.ROOT).contains(fact.value().toLowerCase(Locale.ROOT)) ? 1 : 0;
        }
        System.out.printf(Locale.ROOT, "closed book, base model: %d of %d right%n", right, asked.size());
        assertTrue(right <= 2, right + " of " + asked.size());
    }
}

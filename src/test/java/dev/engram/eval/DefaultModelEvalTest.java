package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The ruler on the default model: nothing forgotten is nothing lost, and what is forgotten shows. */
@Tag("default-model")
class DefaultModelEvalTest {
    private static CausalLm lm;
    private static Prose prose;

    @BeforeAll
    static void open() {
        lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32));
        prose = Prose.read(Path.of("data/prose"));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static Map<String, Supplier<CachePolicy>> policies() {
        Map<String, Supplier<CachePolicy>> all = new LinkedHashMap<>();
        all.put("all", () -> new TestPolicies.KeepAll(1));
        all.put("recent", () -> new TestPolicies.Recent(64));
        return all;
    }

    @Test
    void lockStepOnProse() {
        int[] ids = prose.windows(lm.tokenizer(), 300, 1).get(0);
        List<Score> scores = new LockStep(lm).stream(ids, policies());
        double[] scorer = lm.logprobs(ids);
        for (int a = 0; a < 2; a++) {
            for (int t = 0; t < scorer.length; t++) {
                assertEquals(
                        -scorer[t], scores.get(a).nll()[t], 1e-3, scores.get(a).policy() + " token " + t);
                assertEquals(0, scores.get(a).kl()[t], 1e-6, scores.get(a).policy() + " token " + t);
            }
        }
        Score recent = scores.get(2);
        assertTrue(recent.perplexity() > scores.get(0).perplexity(), "forgetting costs");
        assertTrue(recent.meanKl() > 0.01 && recent.agreement() < 1 && recent.meanMassLost() > 0.01);
        assertTrue(recent.meanOracleLost() < recent.meanMassLost());
        assertTrue(recent.bytesNow() < 0.4 * scores.get(0).bytesNow());
    }

    @Test
    void aNeedleThatIsGoneIsNotFound() {
        Needle needle = new Needle(lm, prose);
        double with = 0;
        double without = 0;
        for (Needle.Item item : needle.items(new double[] {0.3}, new int[] {400}, 4, 7)) {
            Needle.Result full = needle.ask(item, "full", null);
            Needle.Result recent = needle.ask(item, "recent", new TestPolicies.Recent(64));
            assertEquals(1, full.survived());
            assertEquals(0, recent.survived());
            assertTrue(!recent.exact(), recent.text());
            with += full.nll() / 4;
            without += recent.nll() / 4;
        }
        assertTrue(without > with + 1, with + " nats a token with the needle, " + without + " without");
    }
}

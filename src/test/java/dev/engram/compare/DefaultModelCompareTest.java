package dev.engram.compare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The arms on the default model: a memory helps, another's does not, and the model is afterwards as before. */
@Tag("default-model")
class DefaultModelCompareTest {
    private static CausalLm lm;
    private static Subject subject;
    private static Arms arms;
    private static List<Probe> heldout;

    @BeforeAll
    static void open() {
        LoadOptions load = LoadOptions.defaults().withDtype(DType.F32).withThreads(1);
        lm = CausalLm.open("default", load);
        subject = Subject.of(World.load(), 4, 1);
        arms = new Arms(lm, load, subject, Path.of("").toAbsolutePath(), 2);
        heldout = Probes.of(subject, Task.HELDOUT);
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static double[] nll(String name, Condition condition, List<Probe> probes) {
        try (Arm arm = arms.open(name, 1)) {
            Answerer answerer = arm.in(condition);
            return answerer.score(probes, answerer.answer(probes, 2)).stream()
                    .mapToDouble(r -> r.nll()[0])
                    .toArray();
        }
    }

    private static double mean(String name, Condition condition) {
        double sum = 0;
        for (double x : nll(name, condition, heldout)) {
            sum += x / heldout.size();
        }
        return sum;
    }

    @Test
    void textHelps() {
        double base = mean("base", Condition.WITH);
        assertTrue(mean("rag-oracle", Condition.WITH) < base - 1);
        assertTrue(mean("rag-oracle", Condition.SHUFFLED) > base - 1);
    }

    @Test
    void theReadingAdapterReadsTextToo() {
        double[] before = nll("rag-oracle", Condition.WITH, heldout);
        double with = mean("rag-oracle+reading", Condition.WITH);
        assertTrue(with < Arrays.stream(before).average().orElseThrow() - 0.1, "the adapter is on: " + with);
        assertArrayEquals(before, nll("rag-oracle", Condition.WITH, heldout), 1e-6, "the model is as before");
    }

    @Test
    void theTrueVectorHelps() {
        double[] before = nll("base", Condition.WITH, heldout);
        double with = mean("recall-true", Condition.WITH);
        assertTrue(with < mean("recall-true", Condition.WITHOUT) - 1, "true against zero vector");
        assertTrue(with < mean("recall-true", Condition.SHUFFLED) - 1, "true against another's");
        assertArrayEquals(before, nll("base", Condition.WITH, heldout), 1e-6, "the model is as before");
    }

    @Test
    void aReadMemoryHelpsAndAnUpdateIsRead() {
        double with = mean("memory3-dense", Condition.WITH);
        assertTrue(with < mean("memory3-dense", Condition.WITHOUT) - 1);
        assertTrue(with < mean("memory3-dense", Condition.SHUFFLED) - 1);
        List<Probe> update = Probes.of(subject, Task.UPDATE);
        double[] old = nll("memory3-dense", Condition.WITH, update);
        double[] later = nll("memory3-dense", Condition.UPDATED, update);
        double gain = 0;
        for (int i = 0; i < old.length; i++) {
            gain += old[i] - later[i];
        }
        assertTrue(gain > old.length, "nats of the later value: " + gain);
    }
}

package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The adapter of the table, opened from the repository, still does what the table says. */
@Tag("default-model")
class CommittedAdapterTest {
    private static final Path FOLDER = Path.of("data/adapters/recall-100");
    private static final int SOME = 12;

    @Test
    void whatItLearnedItFindsAndSays() {
        Prose prose = Prose.read(Path.of("data/prose")).half(1);
        RecallCorpus corpus = RecallCorpus.of(World.load(), 100, 1);
        try (CausalLm lm = CausalLm.open(
                "default", LoadOptions.defaults().withDtype(DType.F32).withThreads(1))) {
            try (RecallFolder folder = RecallFolder.open(lm, FOLDER)) {
                MemoryHead head = folder.model().head();
                RecallTest test = new RecallTest(lm, corpus, folder.model().settings(), prose, 1);
                assertEquals(
                        corpus.bank().stream().map(f -> f.statement()).toList(),
                        head.bank().memories().stream().map(Memory::text).toList());
                double said = Arrays.stream(test.decoding(head.bank(), RecallTest.Injected.TRUE, SOME))
                        .average()
                        .orElseThrow();
                double other = Arrays.stream(test.decoding(head.bank(), RecallTest.Injected.SHUFFLED, SOME))
                        .average()
                        .orElseThrow();
                assertTrue(said > 0.8, "said word for word: " + said);
                assertTrue(other < 0.2, "with another memory's vector: " + other);
                List<RecallTest.Question> asked =
                        RecallTest.Questions.of(corpus).heldout().subList(0, 2 * SOME);
                int[] ranks = RecallTest.ranks(head, asked, test.queries(asked));
                assertTrue(Arrays.stream(ranks).filter(r -> r == 1).count() > 1.6 * SOME, Arrays.toString(ranks));
            }
        }
    }
}

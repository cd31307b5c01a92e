package dev.engram.explicit.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options are scored as the answers of the reading test are, from nothing, text and memory. */
class PaperExamTest {
    @TempDir
    Path folder;

    @Test
    void optionsAreScoredAsAnswersAre() throws IOException {
        String model = TinyModel.write(folder, 2048, TinyModel.END_OF_TURN).toString();
        try (CausalLm lm = CausalLm.open(model, LoadOptions.defaults().withDtype(DType.F32))) {
            ReferenceWriter writer = new ReferenceWriter(
                    lm,
                    new WriteConfig(
                            WriteConfig.dense().layers(), 0, WriteConfig.dense().selector(), 512));
            World world = World.load();
            PaperExam exam = new PaperExam(lm, Library.plain(writer), world);
            var questions = exam.questions("law", 3);
            assertTrue(questions.stream().allMatch(q -> q.split().equals("heldout")));
            ReadingItem item = exam.open("law", 3).get(1);
            List<String> texts = List.of(item.reference(), "Nobody knows.");
            ReadingTest test = new ReadingTest(lm, writer);
            var memories = writer.write(texts);
            List<String> options = questions.get(1).options();
            int right = questions.get(1).answer();
            assertEquals(item.gold(), options.get(right));
            double tokens = lm.tokenizer().encode(" " + item.gold()).length;
            check(test.nothing(), test.score(item, List.of(), List.of(), options)[right] / tokens, test, item);
            check(test.text(i -> texts), test.score(item, texts, List.of(), options)[right] / tokens, test, item);
            check(
                    test.memories(i -> memories),
                    test.score(item, List.of(), memories, options)[right] / tokens,
                    test,
                    item);

            Finder known = (query, k) -> k == 1 ? List.of(item.reference()) : texts;
            List<PaperExam.Row> rows = exam.sit(questions, PaperExam.Given.MEMORY, "memory", 2, known);
            assertEquals(
                    List.of(0.0, 1.0, 0.0),
                    rows.stream().map(PaperExam.Row::hit).toList());
            double[] sums = test.score(item, List.of(), memories, options);
            boolean best = Arrays.stream(sums).allMatch(s -> s <= sums[right]);
            assertEquals(best ? 1 : 0, rows.get(1).right());
            double all = Arrays.stream(sums).map(s -> Math.exp(s - sums[right])).sum();
            assertEquals(-Math.log(all), rows.get(1).margin(), 1e-3);
        }
    }

    private static void check(ReadingTest.Given given, double perToken, ReadingTest test, ReadingItem item) {
        assertEquals(-test.ask(List.of(item), given).get(0).nll(), perToken, 1e-4);
    }
}

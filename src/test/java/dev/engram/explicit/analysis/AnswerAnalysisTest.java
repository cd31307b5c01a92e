package dev.engram.explicit.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rates of retrieval and of answers, on a small random model with a retriever that is known. */
class AnswerAnalysisTest {
    private static final List<String> ORDER = List.of("It was Ann.", "Bob did it.", "Nobody.", "ANN again.");

    @TempDir
    Path folder;

    @Test
    void ratesAreThoseOfTheRetrieverAndUseAndNoveltySumToOne() throws IOException {
        String model = TinyModel.write(folder, 1024, TinyModel.END_OF_TURN).toString();
        List<ReadingItem> items = List.of(
                new ReadingItem("a", "Who?", "Ann", ORDER.get(0), List.of()),
                new ReadingItem("c", "Who?", "Cid", "Cid.", List.of()));
        try (CausalLm lm = CausalLm.open(model, LoadOptions.defaults().withDtype(DType.F32))) {
            ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.dense());
            AnswerAnalysis analysis = new AnswerAnalysis(lm, Library.plain(writer), 4);
            List<AnswerAnalysis.Row> rows = analysis.run("who", "known", 4, items, (query, k) -> ORDER.subList(0, k));
            assertEquals(0.5, rows.get(0).hitRate(), 1e-12); // two of four name Ann, in whatever letters
            assertEquals(1, rows.get(0).hit());
            assertEquals(0, rows.get(1).hitRate());
            rows.forEach(r -> assertEquals(1, r.usage() + r.novel(), 1e-12));
            assertTrue(rows.get(0).nll() > 0);
            AnswerAnalysis.Line line = AnswerAnalysis.table(rows).get(0);
            assertEquals(0.25, line.hitRate(), 1e-12);
            assertEquals(0.5, line.hit(), 1e-12);
            assertEquals(rows.get(0).exact(), line.integration()); // only the question with a hit counts
            // one memory: another state to read from
            double one = analysis.run("who", "known", 1, items, (query, k) -> ORDER.subList(0, k))
                    .get(0)
                    .nll();
            assertTrue(Math.abs(one - rows.get(0).nll()) > 1e-6);
        }
    }
}

package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.retrieve.AdaptiveIntegration;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.RetrievalStrategy;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Number and strategy change while a model reads, and a deleted reference is gone from answers at once. */
class BankSearchTest {
    @TempDir
    Path folder;

    /** The first letter gives the direction, so that texts with the same first letter are alike. */
    private static final EmbeddingModel LETTERS = new EmbeddingModel() {
        @Override
        public Response<List<Embedding>> embedAll(List<TextSegment> texts) {
            return Response.from(texts.stream()
                    .map(t -> Embedding.from(new float[] {
                        1, (t.text().charAt(0) - 'A') / 4f, (t.text().length() % 7) / 100f
                    }))
                    .toList());
        }
    };

    @Test
    void countStrategyAndDeletionTakeEffectAtTheNextRetrieval() throws IOException {
        String model = TinyModel.write(folder.resolve("model"), 1024, TinyModel.END_OF_TURN)
                .toString();
        List<Reference> references = List.of(
                new Reference("a1", "Anna sails."),
                new Reference("a2", "Adam rows far."),
                new Reference("b", "Bert walks."),
                new Reference("d", "Dora stays at home."));
        try (CausalLm lm = CausalLm.open(model, LoadOptions.defaults().withDtype(DType.F32));
                ExactStore store = new ExactStore()) {
            ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.dense());
            EmbeddingRetriever retriever = new EmbeddingRetriever(LETTERS, store, new RetrievalStrategy.TopK());
            retriever.addAll(
                    references.stream().map(Reference::id).toList(),
                    references.stream().map(Reference::text).toList());
            try (ReferenceBank bank = ReferenceBank.open(folder.resolve("bank"), writer)) {
                bank.write(references);
                BankSearch search = new BankSearch(bank, retriever, 1);
                ExplicitLm reader = new ExplicitLm(lm, bank, writer, search);
                assertEquals(1, read(reader).size());
                search.setCount(3);
                assertEquals(List.of("a1", "a2", "b").stream().sorted().toList(), sorted(read(reader)));
                search.setStrategy(new RetrievalStrategy.Diverse(0.1, 2));
                assertTrue(read(reader).contains("d"), "diversity asks for what is unlike the first");
                search.setStrategy(new RetrievalStrategy.TopK());

                List<Retrieval.Found> alike = search.weighted("A?");
                assertEquals(
                        List.of(1.0, 1.0, 1.0),
                        alike.stream().map(f -> f.weight()).toList());
                String plain = longer(reader);
                search.setIntegration(new AdaptiveIntegration(0.001));
                List<Retrieval.Found> sharp = search.weighted("A?");
                assertEquals(
                        alike.stream().map(f -> f.id()).toList(),
                        sharp.stream().map(f -> f.id()).toList());
                assertEquals(1, sharp.get(0).weight(), 0);
                assertTrue(sharp.get(2).weight() < 1e-6, "the third is far away: " + sharp);
                assertNotEquals(plain, longer(reader), "a memory that does not count is not read");
                search.setIntegration(null);
                assertEquals(plain, longer(reader));

                ReadingTest test = new ReadingTest(lm, writer);
                List<ReadingItem> ask = List.of(new ReadingItem("a", "A?", "sails", "Anna sails.", List.of()));
                ReadingTest.Given asFound = test.memories(
                        i -> search.retrieve("A?").stream().map(bank::memory).toList());
                double with = test.ask(ask, asFound).get(0).nll();
                bank.delete("a1"); // the index still finds it
                assertFalse(read(reader).contains("a1"));
                double without = test.ask(ask, asFound).get(0).nll();
                double never = test.ask(
                                ask,
                                test.memories(i -> List.of("a2", "b").stream()
                                        .map(bank::memory)
                                        .toList()))
                        .get(0)
                        .nll();
                assertNotEquals(with, without, 1e-4);
                assertEquals(never, without, 1e-9, "as if it had never been written");
                assertThrows(BadInputException.class, () -> search.setCount(0));
            }
        }
    }

    private static List<String> sorted(List<String> ids) {
        return ids.stream().sorted().toList();
    }

    private static String longer(ExplicitLm reader) {
        GenerationConfig config = GenerationConfig.greedy(80).withForceExactLength(true); // over a second retrieval
        return reader.generate("A", config, GenerationListener.SILENT)
                .generation()
                .ids()
                .toString();
    }

    private static List<String> read(ExplicitLm reader) {
        return reader.generate("A", GenerationConfig.greedy(2), GenerationListener.SILENT)
                .readings()
                .get(0)
                .ids();
    }
}

package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.train.Lora;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The adapter in data/adapters/reading still reads what the base writes. */
@Tag("default-model")
class CommittedReadingAdapterTest {
    @Test
    void itReadsTheRightMemoryAndNoOther() {
        try (CausalLm lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32))) {
            World world = World.load(Path.of("data/halcyon"));
            List<ReadingItem> items = ReadingItem.of(world, "heldout", ReadingItem.Kind.SINGLE, 8, 5);
            ReferenceWriter writer =
                    new ReferenceWriter(lm, WriteConfig.defaults().withTokens(WriteConfig.ALL_TOKENS));
            ReadingTest test = new ReadingTest(lm, writer);
            List<ExplicitMemory> own =
                    writer.write(items.stream().map(ReadingItem::reference).toList());
            List<ExplicitMemory> wrong =
                    writer.write(items.stream().map(i -> i.distractors().get(0)).toList());
            try (Lora lora = Lora.load(lm.decoder().newScope(), lm.config(), Path.of("data/adapters/reading"))) {
                lm.decoder().adapt(lora.adapter());
                double nothing = nll(test, items, test.nothing());
                double right = nll(test, items, test.memories(i -> List.of(own.get(items.indexOf(i)))));
                double other = nll(test, items, test.memories(i -> List.of(wrong.get(items.indexOf(i)))));
                lm.decoder().adapt(null);
                String said = nothing + " with nothing, " + right + " with the memory, " + other + " with another";
                assertTrue(right < 0.25 * nothing, said);
                assertTrue(other > 0.8 * nothing, said);
            }
        }
    }

    private static double nll(ReadingTest test, List<ReadingItem> items, ReadingTest.Given given) {
        return test.ask(items, given).stream()
                .mapToDouble(ReadingTest.Read::nll)
                .average()
                .orElseThrow();
    }
}

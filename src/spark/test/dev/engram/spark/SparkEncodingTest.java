package dev.engram.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.Cluster;
import dev.engram.explicit.Reference;
import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The encoding job on Spark's local mode writes what one process writes, byte for byte. */
class SparkEncodingTest {
    private static final LoadOptions OPTIONS =
            LoadOptions.defaults().withDtype(DType.F32).withThreads(1);

    @TempDir
    static Path models;

    private static String model;
    private static CausalLm lm;
    private static ReferenceWriter writer;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() throws IOException {
        model = TinyModel.write(models.resolve("a"), 1024, TinyModel.END_OF_TURN)
                .toString();
        lm = CausalLm.open(model, OPTIONS);
        writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(4));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static List<Reference> references(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> new Reference("r" + i, "Ship number " + i + " sails on day " + i * i + "."))
                .toList();
    }

    private void onSpark(Path bank, String modelName, String kernels, int n) {
        Cluster.Work work = new Cluster.Work(modelName, OPTIONS, Cluster.path(bank), kernels);
        try (ReferenceBank own = ReferenceBank.open(bank, writer);
                Cluster cluster = Cluster.connect("local[2]", work)) {
            own.write(references(n), cluster);
        }
    }

    private void here(Path bank, int n) {
        try (ReferenceBank own = ReferenceBank.open(bank, writer)) {
            own.write(references(n));
        }
    }

    /** Files of a folder by name. */
    private static TreeMap<String, byte[]> files(Path bank) throws IOException {
        TreeMap<String, byte[]> all = new TreeMap<>();
        try (Stream<Path> list = Files.list(bank)) {
            for (Path file : list.toList()) {
                all.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return all;
    }

    private static void assertSameFiles(Path a, Path b, int count) throws IOException {
        TreeMap<String, byte[]> left = files(a);
        TreeMap<String, byte[]> right = files(b);
        assertEquals(left.keySet(), right.keySet());
        assertEquals(count, left.size());
        left.forEach((name, bytes) -> assertArrayEquals(bytes, right.get(name), name));
    }

    @Test
    void theSameBytesInManyShardsAndAfterAStop() throws IOException {
        Path here = folder.resolve("here");
        Path there = folder.resolve("there");
        here(here, 200);
        onSpark(there, model, lm.format(), 200);
        assertSameFiles(here, there, 2 + 2 * 4);
        here(here, 300);
        onSpark(there, model, lm.format(), 300);
        assertSameFiles(here, there, 2 + 2 * 6);
    }

    @Test
    void otherWeightsAndOtherKernelsOfAWorkerAreRefused() throws IOException {
        Path bank = folder.resolve("bank");
        BadInputException kernels =
                assertThrows(BadInputException.class, () -> onSpark(bank, model, "bf16[prepacked,prepacked]", 70));
        assertTrue(kernels.getMessage().contains("f32[plain,plain]"), kernels.getMessage());
        Path other = TinyModel.write(models.resolve("b"), 1024, TinyModel.END_OF_TURN);
        Path weights = other.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 2] ^= 1;
        Files.write(weights, bytes);
        BadInputException refused =
                assertThrows(BadInputException.class, () -> onSpark(bank, other.toString(), lm.format(), 70));
        assertTrue(refused.getMessage().contains("were written by the weights"), refused.getMessage());
        try (ReferenceBank own = ReferenceBank.open(bank, writer)) {
            assertEquals(0, own.size(), "nothing of it is in the bank");
        }
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        Cluster.Work work = new Cluster.Work(model, OPTIONS, "bank", lm.format());
        BadInputException e = assertThrows(BadInputException.class, () -> Cluster.connect("yarrow", work));
        assertTrue(e.getMessage().contains("'yarrow'") && e.getMessage().contains("local[2]"), e.getMessage());
    }
}

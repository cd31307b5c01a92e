package dev.engram.recall;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** One tiny model for all tests of a class. */
abstract class WithTinyRecall {
    @TempDir
    static Path folder;

    static TinyRecall tiny;

    @BeforeAll
    static void open() throws IOException {
        tiny = new TinyRecall(folder);
    }

    @AfterAll
    static void close() {
        tiny.close();
    }
}

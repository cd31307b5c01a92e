package dev.engram.report;

import java.nio.file.Path;

/** The project's folder, with data, results and notebooks. */
public final class Checkout {
    private Checkout() {}

    /** $ENGRAM_HOME, which the launcher and the notebooks' kernel set, else the current folder; absolute. */
    public static Path folder() {
        return Path.of(System.getenv().getOrDefault("ENGRAM_HOME", "."))
                .toAbsolutePath()
                .normalize();
    }
}

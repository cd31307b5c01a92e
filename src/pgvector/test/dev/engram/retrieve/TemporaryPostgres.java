package dev.engram.retrieve;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL with pgvector that lives as long as a test: in a temporary folder, on a free port of the loopback address, as a user
 * other than root, whom PostgreSQL refuses.
 */
final class TemporaryPostgres implements AutoCloseable {
    static final String USER = "engram";
    static final String PASSWORD = "for-the-test-alone";

    private final Path folder;
    private final Process server;
    private final int port;

    private TemporaryPostgres(Path folder, Process server, int port) {
        this.folder = folder;
        this.server = server;
        this.port = port;
    }

    /**
     * The folder with {@code initdb} and {@code postgres} of an installation that has pgvector: the variable ENGRAM_POSTGRES, else
     * Debian's. Empty where there is none.
     */
    static Optional<Path> installed() throws IOException {
        List<Path> candidates = new ArrayList<>();
        String own = System.getenv("ENGRAM_POSTGRES");
        if (own != null && !own.isBlank()) {
            candidates.add(Path.of(own));
        }
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                versions.sorted(Comparator.reverseOrder())
                        .map(v -> v.resolve("bin"))
                        .forEach(candidates::add);
            }
        }
        return candidates.stream()
                .filter(bin -> Files.isExecutable(bin.resolve("postgres")) && hasVector(bin))
                .findFirst();
    }

    private static boolean hasVector(Path bin) {
        Path version = bin.toAbsolutePath().getParent();
        return Stream.of(
                        version.resolve("share/postgresql/extension/vector.control"),
                        version.resolve("share/extension/vector.control"),
                        Path.of("/usr/share/postgresql", version.getFileName().toString(), "extension/vector.control"))
                .anyMatch(Files::exists);
    }

    static TemporaryPostgres start(Path bin) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("engram-postgres");
        Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
        Path data = folder.resolve("data");
        Path log = folder.resolve("log");
        if (isRoot()) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            run(log, List.of("chown", "-R", "nobody", folder.toString()));
        }
        run(
                log,
                asUser(
                        bin.resolve("initdb") + "",
                        "-D",
                        data + "",
                        "-U",
                        USER,
                        "-A",
                        "password",
                        "--pwfile=" + password,
                        "--no-sync",
                        "-E",
                        "UTF8",
                        "--locale=C"));
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Process server = new ProcessBuilder(asUser(
                        bin.resolve("postgres") + "",
                        "-D",
                        data + "",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        "" + port,
                        "-k",
                        data + "",
                        "-F"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        TemporaryPostgres postgres = new TemporaryPostgres(folder, server, port);
        for (int i = 0; !Files.readString(log).contains("ready to accept connections"); i++) {
            if (i > 300 || !server.isAlive()) {
                String said = Files.readString(log);
                postgres.close();
                throw new IOException("PostgreSQL did not start: " + said);
            }
            Thread.sleep(100);
        }
        return postgres;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static List<String> asUser(String... command) {
        List<String> all = new ArrayList<>(
                isRoot() ? List.of("setpriv", "--reuid=nobody", "--clear-groups", "--inh-caps=-all") : List.of());
        all.addAll(List.of(command));
        return all;
    }

    private static void run(Path log, List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(log.getParent().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(command + " failed: " + Files.readString(log));
        }
    }

    int port() {
        return port;
    }

    /** Stops the server and removes its folder. */
    @Override
    public void close() throws IOException {
        server.destroy(); // SIGTERM: "smart" waits for clients, whose pools are closed
        try {
            if (!server.waitFor(10, TimeUnit.SECONDS)) {
                server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}

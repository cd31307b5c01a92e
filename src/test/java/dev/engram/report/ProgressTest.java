package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final AtomicLong clock = new AtomicLong();
    private final List<Progress.State> shown = new ArrayList<>();

    private final Progress.View view = new Progress.View() {
        @Override
        public void show(Progress.State state) {
            shown.add(state);
        }

        @Override
        public void end(Progress.State state) {
            shown.add(state);
        }
    };

    private void pass(double seconds) {
        clock.addAndGet((long) (seconds * 1e9));
    }

    @Test
    void timeLeftFollowsTheMeanStep() {
        Progress progress = new Progress("Encoding", 48, clock::get, view);
        assertTrue(Double.isNaN(progress.secondsLeft()));
        pass(3);
        progress.step(12);
        assertEquals(9, progress.secondsLeft(), 1e-9);
        progress.note("loss 2.1");
        pass(1);
        progress.step(4);
        assertEquals(8, progress.secondsLeft(), 1e-9);
        assertEquals(
                "Encoding: 16 of 48 (33 %), 4.0 s, about 8.0 s left, loss 2.1",
                shown.get(shown.size() - 1).line());
        progress.step(1000);
        progress.close();
        progress.close();
        assertEquals(
                "Encoding: 48 of 48 (100 %), 4.0 s, loss 2.1",
                shown.get(shown.size() - 1).line());
        assertEquals(5, shown.size());
    }

    @Test
    void aTaskWithoutStepsIsDone() {
        new Progress("Nothing", 0, clock::get, view).close();
        assertEquals("Nothing: 0 of 0 (100 %), 0 ms", shown.get(1).line());
        assertThrows(IllegalArgumentException.class, () -> new Progress("x", -1, clock::get, view));
    }

    @Test
    void aLogGetsALineEveryTenSeconds() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        var lines = new ProgressViews.Lines(new PrintStream(bytes, true, StandardCharsets.UTF_8), 10);
        try (Progress progress = new Progress("Run", 100, clock::get, lines)) {
            for (int i = 0; i < 100; i++) {
                pass(0.35);
                progress.step();
            }
        }
        List<String> written = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(4, written.size(), written.toString());
        assertTrue(written.get(0).startsWith("Run: 29 of 100 (29 %)"), written.toString());
        assertEquals("Run: 100 of 100 (100 %), 35.0 s", written.get(3));
    }

    @Test
    void aCellGetsOneOutputThatIsUpdated() {
        List<String> calls = new ArrayList<>();
        var cell = new ProgressViews.Cell(new CellOutput() {
            @Override
            public String show(String text, String html) {
                calls.add("show " + html);
                return "h1";
            }

            @Override
            public void update(String handle, String text, String html) {
                calls.add(handle + " " + text);
            }

            @Override
            public boolean isReady() {
                return true;
            }
        });
        try (Progress progress = new Progress("A<b", 100, clock::get, cell)) {
            for (int i = 0; i < 100; i++) {
                pass(0.01);
                progress.step();
            }
        }
        assertTrue(calls.get(0).startsWith("show <progress value=\"0\" max=\"100\""), calls.get(0));
        assertTrue(calls.get(0).contains("A&lt;b"), calls.get(0));
        // One second at four updates a second, plus the first and the last.
        assertTrue(calls.size() >= 5 && calls.size() <= 6, calls.toString());
        assertEquals("h1 A<b: 100 of 100 (100 %), 1.0 s", calls.get(calls.size() - 1));
    }

    @Test
    void overCountsEachItemOnceItIsFinished() {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            int sum = 0;
            for (int item : Progress.over("Sum", List.of(1, 2, 3))) {
                sum += item;
            }
            assertEquals(6, sum);
        } finally {
            System.setErr(before);
        }
        assertTrue(bytes.toString(StandardCharsets.UTF_8).contains("3 of 3") || System.console() != null);
    }

    @Test
    void worksWithoutTheKernelsClasses() throws Exception {
        URL[] urls = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jjava"))
                .map(entry -> {
                    try {
                        return new File(entry).toURI().toURL();
                    } catch (java.net.MalformedURLException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toArray(URL[]::new);
        try (URLClassLoader bare = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            assertThrows(ClassNotFoundException.class, () -> bare.loadClass("org.dflib.jjava.jupyter.Extension"));
            Class<?> progress = bare.loadClass("dev.engram.report.Progress");
            Object started =
                    progress.getMethod("start", String.class, long.class).invoke(null, "Bare", 1L);
            progress.getMethod("step").invoke(started);
            progress.getMethod("close").invoke(started);
            Object current = bare.loadClass("dev.engram.report.CellOutput")
                    .getMethod("current")
                    .invoke(null);
            assertEquals("Optional.empty", current.toString());
            assertFalse(bare.loadClass("dev.engram.report.Charts").getMethods().length == 0);
        }
    }
}

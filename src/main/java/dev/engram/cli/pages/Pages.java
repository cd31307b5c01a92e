package dev.engram.cli.pages;

import dev.engram.eval.Scorecard;
import dev.engram.forget.Policies;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The pages that are made from data. {@code data/seeds.md} is made whole; README.md, README.zh.md, notebooks/README.md and
 * docs/*.md have marked parts (see {@link MarkedPage}).
 */
public final class Pages {
    /** Text of a made part. */
    private interface Part {
        String text(Language in, Path page);
    }

    private final Path home;
    private final Map<String, Part> parts = new LinkedHashMap<>();

    /**
     * Pages of a checkout.
     *
     * @param home its folder
     */
    public Pages(Path home) {
        this.home = home;
        SpeedTables speed = new SpeedTables(home.resolve("results"));
        LearningTables learning = new LearningTables(home.resolve("results"));
        MemoryTables memory = new MemoryTables(home.resolve("results"), learning);
        ReadingTables reading = new ReadingTables(home.resolve("results"));
        ComparisonTables comparison = new ComparisonTables(home.resolve("results"));
        TrainedTables trained = new TrainedTables(home.resolve("results"));
        ProjectTables project = new ProjectTables(home);
        for (String machine : List.of("", "-epyc")) {
            parts.put("decode" + machine, (in, page) -> speed.decode(machine));
            parts.put("speed" + machine, (in, page) -> speed.other(machine));
            parts.put("open" + machine, (in, page) -> speed.open(machine));
        }
        parts.put("train", (in, page) -> speed.train());
        parts.put("cache", (in, page) -> speed.cache());
        parts.put("updates", (in, page) -> speed.updates());
        parts.put("original", (in, page) -> speed.original());
        parts.put("explicit", (in, page) -> speed.explicit());
        parts.put("bank", (in, page) -> speed.bank());
        parts.put("recall", (in, page) -> learning.recall());
        parts.put("round", (in, page) -> learning.round());
        parts.put("facts", (in, page) -> learning.facts());
        parts.put("reading", (in, page) -> reading.reading());
        parts.put("trained-places", (in, page) -> reading.trainedPlaces());
        parts.put("rivals", (in, page) -> memory.policies());
        parts.put("every-rule", (in, page) -> memory.everyRule());
        parts.put("distractors", (in, page) -> reading.distractors());
        parts.put("needles", (in, page) -> memory.needles());
        parts.put("places", (in, page) -> memory.places(in));
        parts.put("ruler-answers", (in, page) -> comparison.answers());
        parts.put("ruler-against", (in, page) -> comparison.against());
        parts.put("ruler-reading", (in, page) -> comparison.sameWeights());
        parts.put("ruler-prices", (in, page) -> comparison.prices());
        parts.put("memory3-training", (in, page) -> trained.memory3());
        parts.put("lmcode", (in, page) -> trained.lmcode());
        parts.put("store-search", (in, page) -> trained.search());
        parts.put("last-layers", (in, page) -> trained.lastLayers());
        parts.put("policies", (in, page) -> Policies.markdownTable());
        parts.put("notebooks", (in, page) -> project.notebooks(in, toNotebooks(page)));
        parts.put("capabilities", (in, page) -> project.capabilities(in));
        parts.put("stages", (in, page) -> project.stages(in));
        parts.put("mutations", (in, page) -> project.mutations());
        parts.put("setup", (in, page) -> project.setup(in));
        parts.put("tour", (in, page) -> project.tour(in));
        parts.put("exercises", (in, page) -> Exercises.table(home.resolve("notebooks")));
    }

    private String toNotebooks(Path page) {
        return page.getParent() == null || page.getParent().equals(home)
                ? "notebooks/"
                : page.getParent().endsWith("notebooks") ? "" : "../notebooks/";
    }

    /** Every made page as it should be, by its file. */
    public Map<Path, String> made() {
        Map<Path, String> made = new LinkedHashMap<>();
        made.put(home.resolve("data/seeds.md"), Scorecard.read(home).page());
        for (Path page : marked()) {
            Language language = Language.of(page);
            made.put(
                    page,
                    MarkedPage.renewed(
                            page, read(page), name -> part(page, name).text(language, page)));
        }
        return made;
    }

    private Part part(Path page, String name) {
        Part part = parts.get(name);
        if (part == null) {
            throw new BadInputException(page + " asks for the part '" + name + "', which does not exist; there are "
                    + String.join(", ", parts.keySet()) + ".");
        }
        return part;
    }

    private TreeSet<Path> marked() {
        TreeSet<Path> pages = new TreeSet<>();
        for (String name : new String[] {"README.md", "README.zh.md", "notebooks/README.md"}) {
            pages.add(home.resolve(name));
        }
        try (Stream<Path> docs = Files.list(home.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot list " + home.resolve("docs") + ": " + e, e);
        }
        return pages;
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + page + ": " + e, e);
        }
    }
}

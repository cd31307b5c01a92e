package dev.engram.cli.pages;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.cli.pages.Rows.Row;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tables about the project itself: its notebooks, what its systems can, how long its checks and the tour take. */
final class ProjectTables {
    private static final List<String> SYSTEMS = List.of("000", "001", "002", "003", "004", "sft", "rag");
    /** A run is disturbed when so many programs more than there are cores waited as it began: the notebook before it fills the cores. */
    private static final double QUIET = 0.5;

    private static final Pattern STATED = Pattern.compile("\\| Quick run \\| (?:about )?([^|]*?) minutes?");

    private final Path home;

    ProjectTables(Path home) {
        this.home = home;
    }

    /** The notebooks in the order of the course, with the minutes of their last quick runs. */
    String notebooks(Language in, String folder) {
        MarkdownTable table =
                new MarkdownTable(in.pick("notebook", "笔记本"), in.pick("what it shows", "内容"), in.pick("minutes", "分钟"));
        boolean disturbed = false, stated = false;
        for (Row row : Rows.of(home.resolve("data/notebooks.csv")).all()) {
            String name = row.text("notebook"), minutes;
            if (!Files.exists(home.resolve("notebooks/" + name + ".ipynb"))) {
                continue; // planned
            }
            Path times = home.resolve("results/notebook-times/quick/" + name + ".json");
            if (Files.exists(times)) {
                JsonObject run = read(times);
                boolean busy = run.get("load").getAsDouble() > run.get("cores").getAsInt() + QUIET;
                minutes = minutes(run.get("seconds").getAsDouble()) + (busy ? "\\*" : "");
                disturbed |= busy;
            } else {
                minutes = stated(name) + "†";
                stated = true;
            }
            table.row("[" + name + "](" + folder + name + ".ipynb)", row.text(in.pick("about", "about_zh")), minutes);
        }
        List<String> notes = new ArrayList<>();
        if (disturbed) {
            notes.add(
                    in.pick("\\* measured beside other programs; less on a quiet machine.", "\\* 测量时机器上还有别的程序，空闲时更快。"));
        }
        if (stated) {
            notes.add(in.pick("† as the notebook's first cell says, for two quiet cores.", "† 笔记本第一格所写，两个空闲核。"));
        }
        return table + (notes.isEmpty() ? "" : "\n" + String.join("\n", notes));
    }

    /** What the first cell says of the quick run: 3, 5 to 10, < 1. */
    private String stated(String name) {
        Path notebook = home.resolve("notebooks/" + name + ".ipynb");
        try {
            Matcher said = STATED.matcher(Files.readString(notebook));
            return said.find() ? said.group(1).replace("less than", "<") : "–";
        } catch (IOException e) {
            throw new BadInputException(
                    "data/notebooks.csv lists " + name + ", but " + notebook + " cannot be read; correct the list.", e);
        }
    }

    private static String minutes(double seconds) {
        return String.format(Locale.ROOT, "%.1f", seconds / 60);
    }

    private static JsonObject read(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | RuntimeException e) {
            throw new BadInputException(
                    file + " is not the time of a notebook (" + e.getMessage()
                            + "); run that notebook again with ./engram reproduce.",
                    e);
        }
    }

    /** Which system can what. */
    String capabilities(Language in) {
        MarkdownTable table = new MarkdownTable(
                in.pick("capability", "能力"),
                in.pick("forgetting cache (000)", "遗忘缓存 (000)"),
                in.pick("tiers (001)", "分层存储 (001)"),
                in.pick("recall token (002)", "回忆标记 (002)"),
                "Memory3 (003)",
                "LMCODE (004)",
                in.pick("fine-tuning", "微调"),
                "RAG");
        for (Row row : Rows.of(home.resolve("data/capabilities.csv")).all()) {
            String[] cells = new String[SYSTEMS.size() + 1];
            cells[0] = row.text(in.pick("capability", "capability_zh"));
            for (int i = 0; i < SYSTEMS.size(); i++) {
                cells[i + 1] = row.text(SYSTEMS.get(i));
            }
            table.row(cells);
        }
        return table.toString();
    }

    /** Time of every stage of {@code ./engram test}, as environment/stage_times.py --save keeps it. */
    String stages(Language in) {
        Path run = home.resolve("results/ci/full");
        if (!Files.exists(run)) {
            return in.pick("Not measured yet.\n", "尚未测量。\n");
        }
        MarkdownTable table = new MarkdownTable(in.pick("stage", "阶段"), in.pick("seconds", "秒"));
        double sum = 0;
        for (Row row : Rows.of(run.resolve("rows.csv")).all()) {
            table.row(row.text("stage"), row.fixed("seconds", 0));
            sum += row.number("seconds");
        }
        table.row(in.pick("all", "合计"), Rows.fixed(sum, 0));
        JsonObject record = read(run.resolve("run.json"));
        return table + "\n" + record.getAsJsonObject("machine").get("cores").getAsInt() + in.pick(" cores, ", " 核，")
                + record.get("ended").getAsString().substring(0, 10) + ".\n";
    }

    /** Which share of broken versions the tests notice: byte code by package, and the kernel text. */
    String mutations() {
        MarkdownTable table = new MarkdownTable("broken", "classes", "broken versions", "noticed", "share");
        Rows classes = Rows.of(home.resolve("results/mutation-pit/full/rows.csv"));
        classes.all().stream().map(row -> row.text("package")).distinct().forEach(name -> {
            List<Row> own = classes.all("package", name);
            double all = own.stream().mapToDouble(row -> row.number("mutants")).sum();
            double noticed =
                    own.stream().mapToDouble(row -> row.number("killed")).sum();
            table.row("`" + name + "`", "" + own.size(), share(all, noticed));
        });
        Row kernel = Rows.of(home.resolve("results/mutation-kernel/full/summary.csv"))
                .one("rule", "all");
        double valid = kernel.number("edits") - kernel.number("equivalent") - kernel.number("does_not_load");
        table.row("kernel text", "–", share(valid, kernel.number("caught")));
        return table.toString();
    }

    private static String share(double all, double noticed) {
        return Rows.fixed(all, 0) + " | " + Rows.fixed(noticed, 0) + " | " + Rows.fixed(100 * noticed / all, 1) + " %";
    }

    /** Time of every command of README's tour in a fresh clone. */
    String tour(Language in) {
        Path file = home.resolve("results/tour/quick/rows.csv");
        if (!Files.exists(file)) {
            return in.pick("Not measured yet.\n", "尚未测量。\n");
        }
        MarkdownTable table =
                new MarkdownTable(in.pick("command", "命令"), in.pick("seconds", "秒"), in.pick("load before", "之前的负载"));
        List<Row> rows = Rows.of(file).all();
        rows.forEach(row -> table.row("`" + row.text("command") + "`", row.fixed("seconds", 0), row.fixed("load", 1)));
        return table + "\n" + measuredOn(rows, in);
    }

    /** What each step of the set-up takes, as environment/setup_cost.py --save keeps it. */
    String setup(Language in) {
        Path file = home.resolve("results/setup/quick/rows.csv");
        if (!Files.exists(file)) {
            return in.pick("Not measured yet.\n", "尚未测量。\n");
        }
        MarkdownTable table = new MarkdownTable(
                in.pick("step", "步骤"),
                in.pick("seconds", "秒"),
                in.pick("memory, MB", "内存，MB"),
                in.pick("disk, MB", "磁盘，MB"),
                in.pick("download, MB", "下载，MB"));
        List<Row> rows = Rows.of(file).all();
        double seconds = 0, memory = 0, disk = 0, download = 0;
        for (Row row : rows) {
            table.row(
                    step(row.text("step"), in),
                    row.fixed("seconds", 0),
                    row.fixed("memory_mb", 0),
                    row.fixed("disk_mb", 0),
                    row.fixed("download_mb", 0));
            seconds += row.number("seconds");
            memory = Math.max(memory, row.number("memory_mb"));
            disk += row.number("disk_mb");
            download += row.number("download_mb");
        }
        table.row(
                in.pick("all", "合计"),
                Rows.fixed(seconds, 0),
                Rows.fixed(memory, 0),
                Rows.fixed(disk, 0),
                Rows.fixed(download, 0));
        return table + "\n" + measuredOn(rows, in);
    }

    private static String measuredOn(List<Row> rows, Language in) {
        Row last = rows.get(rows.size() - 1);
        return last.text("cpu") + ", " + last.text("cores") + in.pick(" cores, ", " 核，") + last.text("date") + ".\n";
    }

    private static String step(String key, Language in) {
        return switch (key) {
            case "library" -> in.pick("the library and what it stands on, by Maven", "用 Maven 编译库及其依赖");
            case "model" -> in.pick("the default model", "默认模型");
            case "notebooks" -> in.pick("JupyterLab and the Java kernel", "JupyterLab 与 Java 内核");
            default -> in.pick("the first answer (unpacks PyTorch)", "第一个回答（解开 PyTorch）");
        };
    }
}

package dev.engram.explicit.published;

import static dev.engram.explicit.published.PublishedTables.bestOther;
import static dev.engram.explicit.published.PublishedTables.mean;
import static dev.engram.explicit.published.PublishedTables.place;
import static dev.engram.explicit.published.PublishedTables.value;

import dev.engram.explicit.cost.StorageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.Table;

/**
 * Every conclusion that the blog (seed 003) draws from its tables, computed anew from those tables and, where the paper has a
 * longer one, from that.
 */
public final class BlogClaims {
    private static final String OURS = "Memory3-SFT";
    private static final List<String> GENERAL =
            List.of("arc_c", "hellaswag", "mmlu", "winogrande", "gsm8k", "c_eval", "cmmlu");
    private static final List<String> FACTS =
            List.of("halue_qa", "halue_dialogue", "truqa_mc1", "truqa_mc2", "halluqa");

    /** What the numbers say of a sentence. */
    public enum Verdict {
        TRUE,
        /** Right in direction, but much smaller, or compared otherwise, than the words say. */
        OVERSTATED,
        /** Holds among the models that the blog shows, not among all that the paper measured. */
        FALSE_ON_THE_FULL_TABLE,
        /** Contradicted by the blog's own table. */
        FALSE,
        /** True of any model by the definition of what was measured. */
        TAUTOLOGY,
        /** Nothing was measured. */
        NO_DATA
    }

    /**
     * One sentence.
     *
     * @param id row of data/seeds.csv to which it belongs
     * @param sentence in our words
     * @param computed what its numbers give
     */
    public record Row(String id, String sentence, String computed, Verdict verdict) {}

    private final PublishedTables tables;
    private final List<Row> rows = new ArrayList<>();

    private BlogClaims(PublishedTables tables) {
        this.tables = tables;
    }

    /**
     * All sentences.
     *
     * @param folder data/published
     */
    public static List<Row> check(Path folder) {
        BlogClaims claims = new BlogClaims(PublishedTables.read(folder));
        claims.storage();
        claims.general();
        claims.professional();
        claims.hallucination();
        claims.speed();
        return List.copyOf(claims.rows);
    }

    private void add(String id, String sentence, Verdict verdict, String format, Object... values) {
        rows.add(new Row(id, sentence, String.format(Locale.ROOT, format, values), verdict));
    }

    private static Verdict holds(boolean condition) {
        return condition ? Verdict.TRUE : Verdict.FALSE;
    }

    private static boolean near(double value, double printed, double digit) {
        return Math.abs(value - printed) <= digit / 2 + 1e-9;
    }

    private void storage() {
        StorageModel s = StorageModel.memory3();
        double n = StorageModel.PAPER_REFERENCES;
        double dense = n * s.dense() / StorageModel.PIB;
        double sparse = n * s.sparse() / StorageModel.TIB;
        double codes = n * s.compressed() / StorageModel.TIB;
        add(
                "S003-15",
                "7.17 PB become 45.9 TB, and 4.02 TB with vector compression",
                holds(near(dense, 7.17, 0.01) && near(sparse, 45.9, 0.1) && near(codes, 4.02, 0.01)),
                "%.2f PiB, %.1f TiB, %.2f TiB with 1.12e8 references; %.2f, %.1f, %.2f with the printed 1.1e8",
                dense,
                sparse,
                codes,
                dense * 1.1 / 1.12,
                sparse * 1.1 / 1.12,
                codes * 1.1 / 1.12);
        add(
                "S003-14",
                "vectors become about 11.4 times smaller",
                Verdict.OVERSTATED,
                "108 bits: %.2f; the blog's own code (8 parts of 8 bits) would give 20, and its compress() returns nothing",
                s.vectorRatio());
    }

    private void general() {
        Table t = tables.general();
        String qwen = "Qwen1.5-7B-Chat";
        String without = "Memory3-SFT (without memory)";
        double own = mean(t, OURS, GENERAL);
        add(
                "S003-26",
                "the average 63.31 is close to the 64.80 of Qwen1.5-7B-Chat",
                holds(near(own, 63.31, 0.01) && near(mean(t, qwen, GENERAL), 64.80, 0.01)),
                "%.2f and %.2f, %.2f apart",
                own,
                mean(t, qwen, GENERAL),
                mean(t, qwen, GENERAL) - own);
        double times = value(t, qwen, "size_b") / value(t, OURS, "size_b");
        add("S003-26", "which has 2.7 times its parameters", holds(near(times, 2.7, 0.1)), "%.2f times", times);
        add(
                "S003-25",
                "on GSM8k far ahead of the other large models",
                tables.paper("Llama3-8B-it", "gsm8k") > value(t, OURS, "gsm8k")
                        ? Verdict.FALSE_ON_THE_FULL_TABLE
                        : Verdict.TRUE,
                "%.2f; the blog's others but Qwen at most %.2f, Llama3-8B-it %.2f",
                value(t, OURS, "gsm8k"),
                value(t, "Mistral-7B-v0.1", "gsm8k"),
                tables.paper("Llama3-8B-it", "gsm8k"));
        add(
                "S003-25",
                "in Chinese second only to Qwen1.5-7B-Chat",
                tables.paper("Qwen1.5-4B-Chat", "c_eval") > value(t, OURS, "c_eval")
                        ? Verdict.FALSE_ON_THE_FULL_TABLE
                        : Verdict.TRUE,
                "C-Eval %.2f and CMMLU %.2f; Qwen1.5-4B-Chat %.2f and %.2f",
                value(t, OURS, "c_eval"),
                value(t, OURS, "cmmlu"),
                tables.paper("Qwen1.5-4B-Chat", "c_eval"),
                tables.paper("Qwen1.5-4B-Chat", "cmmlu"));
        List<String> others =
                GENERAL.stream().filter(c -> !c.equals("hellaswag")).toList();
        double gain = value(t, OURS, "average") - value(t, without, "average");
        add(
                "S003-27",
                "memory adds 2.51 points on average",
                holds(near(gain, 2.51, 0.01)),
                "%.2f between the printed averages, %.2f unrounded; without HellaSwag %.2f",
                gain,
                own - mean(t, without, GENERAL),
                mean(t, OURS, others) - mean(t, without, others));
        double hellaswag = value(t, OURS, "hellaswag") - value(t, without, "hellaswag");
        boolean largest = others.stream().allMatch(c -> value(t, OURS, c) - value(t, without, c) < hellaswag);
        add(
                "S003-27",
                "most on HellaSwag, 7.37 points",
                holds(near(hellaswag, 7.37, 0.01) && largest),
                "%.2f; also the only task whose score falls with the leak filter",
                hellaswag);
    }

    private void professional() {
        Table t = tables.professional();
        String own = "Memory3-2B-SFT";
        String mini = "MiniCPM-2B-SFT";
        double law = value(t, own, "jec_qa");
        double medicine = value(t, own, "med");
        add(
                "S003-29",
                "in law significantly better than MiniCPM-2B of the same size",
                Verdict.OVERSTATED,
                "%+.2f points (%+.1f %%), with no interval, and different numbers of references",
                law - value(t, mini, "jec_qa"),
                100 * (law / value(t, mini, "jec_qa") - 1));
        double phi = 100 * (law / value(t, "Phi-2", "jec_qa") - 1);
        add(
                "S003-30",
                "in law 57.52 % above Phi-2",
                holds(near(phi, 57.52, 0.01)),
                "%.2f %%; above Phi-2 with 5 references %.2f %%",
                phi,
                100 * (law / tables.paper("Phi-2", "jec_qa with 5 references") - 1));
        double second = tables.paper("Qwen1.5-1.8B-Chat", "jec_qa with 5 references");
        add(
                "S003-32",
                "in law second only to Qwen1.5-4B-Chat",
                place(t, own, "jec_qa") == 2 && second > law ? Verdict.FALSE_ON_THE_FULL_TABLE : Verdict.TRUE,
                "%.2f; the smaller Qwen1.5-1.8B-Chat has %.2f",
                law,
                second);
        double llama = 100 * (medicine / value(t, "Llama-2-7B", "med") - 1);
        add("S003-31", "in medicine 24.55 % above Llama-2-7B", holds(near(llama, 24.55, 0.01)), "%.2f %%", llama);
        add(
                "S003-29",
                "in medicine better than MiniCPM-2B and Llama-2-7B, below Qwen1.5-4B-Chat",
                holds(place(t, own, "med") == 2),
                "place %d of %d",
                place(t, own, "med"),
                t.rowCount());
    }

    private void hallucination() {
        Table t = tables.hallucination();
        double gain = List.of("Falcon-40B", "Llama2-13B", "Mistral-7B-v0.1", "ChatGLM3-6B", "Phi-2").stream()
                .mapToDouble(m -> 100 * (mean(t, OURS, FACTS) / mean(t, m, FACTS) - 1))
                .average()
                .orElse(Double.NaN);
        add(
                "S003-37",
                "30 to 40 % better on average",
                holds(gain >= 30 && gain <= 40),
                "%.2f %% over five models",
                gain);
        double baichuan = tables.paper("Baichuan2-7B", "halue_qa");
        add(
                "S003-39",
                "on HaluE-QA better than all other models",
                baichuan > value(t, OURS, "halue_qa") ? Verdict.FALSE_ON_THE_FULL_TABLE : Verdict.TRUE,
                "%.2f; the blog's others at most %.2f, Baichuan2-7B %.2f",
                value(t, OURS, "halue_qa"),
                bestOther(t, OURS, "halue_qa"),
                baichuan);
        add(
                "S003-38",
                "on HaluE-Dialogue second only to ChatGLM3-6B (50.03)",
                holds(place(t, OURS, "halue_dialogue") == 2),
                "place %d with %.2f; ChatGLM3-6B has %.2f",
                place(t, OURS, "halue_dialogue"),
                value(t, OURS, "halue_dialogue"),
                value(t, "ChatGLM3-6B", "halue_dialogue"));
        add(
                "S003-36",
                "on TruthfulQA highest in MC1 and MC2",
                holds(place(t, OURS, "truqa_mc1") == 1 && place(t, OURS, "truqa_mc2") == 1),
                "%.2f and %.2f, best others %.2f and %.2f",
                value(t, OURS, "truqa_mc1"),
                value(t, OURS, "truqa_mc2"),
                bestOther(t, OURS, "truqa_mc1"),
                bestOther(t, OURS, "truqa_mc2"));
        add(
                "S003-36",
                "on HalluQA far ahead",
                holds(place(t, OURS, "halluqa") == 1),
                "%.2f, best other %.2f",
                value(t, OURS, "halluqa"),
                bestOther(t, OURS, "halluqa"));
        add(
                "S003-36",
                "explicit memory is what reduces hallucination",
                Verdict.NO_DATA,
                "the table has no row of the same model without memory");
        add(
                "S003-43",
                "more memory use goes with less hallucination",
                Verdict.TAUTOLOGY,
                "the two rates sum to 1 for any answer, so that their correlation is -1");
        add("S003-42", "strategies of retrieval suit different tasks", Verdict.NO_DATA, "code without results");
    }

    private void speed() {
        Table t = tables.speed();
        String own = "Memory3-2B";
        double server = loss(t, own, "server");
        double edge = loss(t, own, "edge");
        add(
                "S003-45",
                "retrieval costs 35.19 % of the speed on the server, 37.78 % on the edge device",
                holds(near(server, 35.19, 0.01) && near(edge, 37.78, 0.01)),
                "%.2f %% and %.2f %%; the five others lose %.0f to %.0f %% on the server",
                server,
                edge,
                others(t, own).stream()
                        .mapToDouble(m -> loss(t, m, "server"))
                        .min()
                        .orElse(0),
                others(t, own).stream()
                        .mapToDouble(m -> loss(t, m, "server"))
                        .max()
                        .orElse(0));
        add(
                "S003-44",
                "with retrieval faster than most models, and among the fastest on the edge device",
                holds(place(t, own, "server_with") == 2 && place(t, own, "edge_with") == 1),
                "place %d on the server, %d on the edge device",
                place(t, own, "server_with"),
                place(t, own, "edge_with"));
        long slowerServer = slower(t, own, "server");
        long slowerEdge = slower(t, own, "edge");
        add(
                "S003-46",
                "with retrieval still competitive with small models without it",
                holds(slowerServer >= 2 || slowerEdge >= 2),
                "of 5 models without retrieval, %d are slower on the server and %d on the edge device, a 7B model",
                slowerServer,
                slowerEdge);
        add("S003-51", "compression shortens loading and little else", Verdict.NO_DATA, "code without results");
        add(
                "S003-52",
                "more memories raise retrieval and loading a little and may shorten generation",
                Verdict.NO_DATA,
                "code without results");
    }

    private static List<String> others(Table t, String own) {
        return t.stringColumn("model").asList().stream()
                .filter(m -> !m.equals(own))
                .toList();
    }

    private static double loss(Table t, String model, String where) {
        double without = value(t, model, where + "_without");
        return 100 * (without - value(t, model, where + "_with")) / without;
    }

    /** Others that without retrieval are slower than this model with it. */
    private static long slower(Table t, String own, String where) {
        return others(t, own).stream()
                .filter(m -> value(t, m, where + "_without") < value(t, own, where + "_with"))
                .count();
    }
}

package dev.engram.mutation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One edit of the kernel text that a rule makes.
 *
 * @param file resource under dev/engram/model
 * @param line counted from 1
 * @param function the kernel function it lies in
 * @param rule family of the edit
 * @param before the line as it is
 * @param after the line as edited
 */
record KernelEdit(String file, int line, String function, String rule, String before, String after) {
    static final String FOLDER = "dev/engram/model/";

    private static final List<String> FILES = List.of(
            "decoder.py", "projections/fused.py", "projections/split.py", "linear/plain.py", "tools.py", "scan.py");

    private static final Pattern FUNCTION = Pattern.compile("def (\\w+)\\(");

    /** A rule: every match of the pattern in a line's code becomes the replacement. */
    private record Rule(String name, Pattern pattern, String replacement) {
        static Rule of(String name, String pattern, String replacement) {
            return new Rule(name, Pattern.compile(pattern), replacement);
        }
    }

    private static final List<Rule> RULES = List.of(
            Rule.of("operator", "torch\\.add\\((?!_)", "torch.sub("),
            Rule.of("operator", "torch\\.sub\\(", "torch.add("),
            Rule.of("operator", "torch\\.mul\\(", "torch.add("),
            Rule.of("operator", "torch\\.div\\(", "torch.mul("),
            Rule.of("operator", " \\+ ", " - "),
            Rule.of("operator", " - ", " + "),
            Rule.of("operator", " \\* ", " + "),
            Rule.of("operator", "\\bmax\\(", "min("),
            Rule.of("comparison", "torch\\.lt\\(", "torch.le("),
            Rule.of("comparison", "torch\\.ge\\(", "torch.gt("),
            Rule.of("comparison", "torch\\.eq\\(", "torch.ne("),
            Rule.of("comparison", " > ", " <= "),
            Rule.of("comparison", " < ", " >= "),
            Rule.of("comparison", " == ", " != "),
            Rule.of("comparison", " > (?=[01T])", " >= "),
            Rule.of("comparison", "logical_and\\(", "logical_or("),
            Rule.of("comparison", "torch\\.logical_not\\(own\\)", "own"),
            Rule.of("comparison", " or ", " and "),
            Rule.of("comparison", " and ", " or "),
            Rule.of("constant", "(?<=[ (\\[])127\\.", "120."),
            Rule.of("constant", "(?<=[ (\\[])15\\.", "14."),
            Rule.of("constant", "(?<=[ (\\[])8\\.", "7."),
            Rule.of("constant", "(?<=, )-1\\.", "1."),
            Rule.of("constant", "(?<=, )-127, 127", "-7, 7"),
            Rule.of("constant", "-100", "-1"),
            Rule.of("constant", "1\\. - p", "p"),
            Rule.of("constant", ", 0\\.\\)", ", 1.)"),
            Rule.of("index", "(?<=[\\[ (][ab] \\+ )(\\d+)(?=[\\],])", "$1 - 1"),
            Rule.of("index", "(?<=\\[)at \\+ 1", "at"),
            Rule.of("index", "(?<=lora, a, )([1-6])\\)", "$1 - 1)"),
            Rule.of("index", ", 0, H(?=[,) ])", ", 1, H + 1"),
            Rule.of("index", ", 0, n\\)", ", 1, n)"),
            Rule.of("index", ", 0, m\\)", ", 0, m - 1)"),
            Rule.of("index", ", start, n\\)", ", start - 1, n - 1)"),
            Rule.of("axis", "transpose\\(([^()]*|[^()]*\\([^()]*\\)[^()]*), 1, 2\\)", "transpose($1, 0, 2)"),
            Rule.of("axis", "transpose\\(([^()]*|[^()]*\\([^()]*\\)[^()]*), 2, 3\\)", "transpose($1, 1, 3)"),
            Rule.of("axis", ", -1\\)", ", -2)"),
            Rule.of("axis", "\\[-1\\]", "[-2]"),
            Rule.of("axis", ", \\[3\\]\\)", ", [2])"),
            Rule.of("axis", ", \\[2\\]\\)", ", [1])"),
            Rule.of("axis", "\\[1\\], True", "[0], True"),
            Rule.of("axis", "KV, G,", "G, KV,"),
            Rule.of("sign", "float\\(\"-inf\"\\)", "-1."),
            Rule.of("sign", "torch\\.neg\\((\\w+)\\)", "$1"),
            Rule.of("sign", "torch\\.exp(_?)\\(", "torch.neg$1("),
            Rule.of("scale", "\\bSCALE\\b", "(SCALE * 1.05)"),
            Rule.of("scale", "\\bEPS\\b", "(EPS * 100.)"),
            Rule.of("scale", "lora\\[scale\\]", "torch.mul(lora[scale], 2.)"),
            Rule.of("scale", "float\\(n\\)", "float(n + 1)"),
            Rule.of("rotation", "\\[HALF\\]", "[HALF - 1]"),
            Rule.of("rotation", "torch\\.mul\\(x, cos\\)", "torch.mul(x, sin)"),
            Rule.of("rotation", ", sin\\)(?!:)", ", cos)"),
            Rule.of("rotation", "floordiv\\(torch\\.size\\(x, 3\\), 2\\)", "floordiv(torch.size(x, 3), 4)"),
            Rule.of("mask", "torch\\.triu\\(", "torch.tril("),
            Rule.of("mask", "\\bcausal\\)$", "False)"),
            Rule.of("mask", "start == 0 and T > 1", "False"),
            Rule.of("mask", "m = torch\\.add\\(m, bias\\)", "m = m"),
            Rule.of("mask", "torch\\.masked_fill\\(m, (\\w+|torch\\.\\w+\\(.*\\)), float\\(\"-inf\"\\)\\)", "m"),
            Rule.of("norm", "torch\\.rsqrt\\(", "torch.sqrt("),
            Rule.of("norm", "torch\\.mean\\(", "torch.sum("),
            Rule.of("norm", "self\\.post_gain\\(w, b\\)", "w[b]"),
            Rule.of("norm", "self\\.norm\\(x, gain\\)", "torch.to(x, ACT)"),
            Rule.of("norm", "gain, None, EPS", "None, None, EPS"),
            Rule.of("function", "torch\\.silu\\(", "torch.relu("),
            Rule.of("function", "torch\\.softmax\\(", "torch.log_softmax("),
            Rule.of("function", "torch\\.log_softmax\\(", "torch.softmax("),
            Rule.of("function", "torch\\.logsumexp\\(z, \\[1\\], True\\)", "torch.amax(z, [1], True)"),
            Rule.of("function", "torch\\.amax\\(", "torch.amin("),
            Rule.of("function", "torch\\.amin\\(", "torch.amax("),
            Rule.of("function", "torch\\.round\\(", "torch.floor("),
            Rule.of("function", "torch\\.argmax\\(", "torch.argmin("));

    /** Every edit that the rules make of the kernel text, in the order of the text. */
    static List<KernelEdit> all() {
        List<KernelEdit> edits = new ArrayList<>();
        for (String file : FILES) {
            String[] lines = text(file).split("\n");
            String function = "";
            for (int i = 0; i < lines.length; i++) {
                Matcher def = FUNCTION.matcher(lines[i]);
                if (def.find()) {
                    function = def.group(1);
                } else {
                    ofLine(edits, file, i + 1, function, lines[i]);
                }
            }
        }
        return edits;
    }

    /** At most {@code each} edits of every rule family, drawn with a seed, in the order of the text. */
    static List<KernelEdit> sample(long seed, int each) {
        Map<String, List<KernelEdit>> families = new LinkedHashMap<>();
        all().forEach(e ->
                families.computeIfAbsent(e.rule, r -> new ArrayList<>()).add(e));
        Random random = new Random(seed);
        List<KernelEdit> chosen = new ArrayList<>();
        for (List<KernelEdit> family : families.values()) {
            Collections.shuffle(family, random);
            chosen.addAll(family.subList(0, Math.min(each, family.size())));
        }
        List<KernelEdit> order = all();
        chosen.sort((x, y) -> Integer.compare(order.indexOf(x), order.indexOf(y)));
        return chosen;
    }

    /** The whole file with this edit. */
    String edited() {
        String[] lines = text(file).split("\n");
        lines[line - 1] = after;
        return String.join("\n", lines) + "\n";
    }

    private static void ofLine(List<KernelEdit> edits, String file, int line, String function, String text) {
        int comment = text.indexOf('#');
        String code = comment < 0 ? text : text.substring(0, comment);
        for (Rule rule : RULES) {
            Matcher m = rule.pattern.matcher(code);
            while (m.find()) {
                Matcher one = rule.pattern.matcher(code);
                one.find(m.start());
                StringBuilder changed = new StringBuilder();
                one.appendReplacement(changed, rule.replacement).appendTail(changed);
                edits.add(new KernelEdit(
                        file,
                        line,
                        function,
                        rule.name,
                        text.strip(),
                        changed.toString().stripTrailing()));
            }
        }
    }

    private static String text(String file) {
        try (InputStream in = KernelEdit.class.getResourceAsStream("/" + FOLDER + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

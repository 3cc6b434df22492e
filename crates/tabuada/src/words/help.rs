//! The help texts of every command: what `--help`, completions and manual pages show.
//!
//! A row is of a command (`eval`, `cache get`; the empty name is `tabuada` itself), of an option (`eval --mode`) or of a
//! positional argument by the name of its value (`eval EXPR`). The first paragraph is the short help; the others stand in
//! `--help` alone. The settings of a server have theirs in `settings`.

/// The rows: of what, in English, in Portuguese.
pub const HELP: &[(&str, &str, &str)] = &[
    ("", "A calculator backend that remembers.", "Um serviço de cálculo que se lembra das respostas."),
    (
        "serve",
        "Serve POST /evaluate over HTTP, remembering the answers.\n\n\
         Exit status: 0 it was told to stop; 1 it could not begin; 2 an option or the configuration is wrong.",
        "Atende POST /evaluate por HTTP e se lembra das respostas.\n\n\
         Código de saída: 0 mandaram parar; 1 não conseguiu começar; 2 uma opção ou a configuração está errada.",
    ),
    (
        "serve --check",
        "Check the configuration and its files, connect to Redis once, print what was found, and end.\n\n\
         Exit status: 0 all is well; 1 Redis cannot be reached; 2 the configuration is wrong.",
        "Confere a configuração e seus arquivos, conecta-se uma vez ao Redis, mostra o resultado e termina.\n\n\
         Código de saída: 0 tudo certo; 1 sem conexão com o Redis; 2 a configuração está errada.",
    ),
    (
        "eval",
        "Evaluate expressions and print their values.\n\n\
         Exit status: 0; 1 an expression failed; 2 the command was misused.",
        "Calcula expressões e mostra seus valores.\n\n\
         Código de saída: 0; 1 uma expressão falhou; 2 o comando foi mal usado.",
    ),
    (
        "eval --mode",
        "The numbers to calculate in: python, exact or decimal:N.",
        "Os números em que se calcula: python, exact ou decimal:N.",
    ),
    (
        "eval --digits",
        "The most significant digits that are shown of a number, from 1 to 1000.",
        "O máximo de algarismos significativos de um número mostrado, de 1 a 1000.",
    ),
    (
        "eval --format",
        "How numbers are shown: auto, fixed:N (N decimals), sci, eng or fraction.",
        "Como os números são mostrados: auto, fixed:N (N casas decimais), sci, eng ou fraction.",
    ),
    (
        "eval --group",
        "What separates thousands: none, space, or sign (the one that is not the decimal sign).",
        "O que separa os milhares: none (nada), space (espaço) ou sign (o sinal que não é o decimal).",
    ),
    (
        "eval --json",
        "Print an object of JSON for each expression, a line each, as batch does.",
        "Mostra um objeto JSON para cada expressão, um por linha, como batch.",
    ),
    (
        "eval EXPR",
        "Expressions, one value a line; `-` reads one from standard input.\n\n\
         Options may stand behind them, and `--` ends the options.",
        "Expressões, um valor por linha; `-` lê uma da entrada padrão.\n\n\
         As opções podem vir depois delas, e `--` termina as opções.",
    ),
    (
        "verify",
        "Compute the proof of an answer, or compare it with one from elsewhere.\n\n\
         A proof is a hash of the expression and its answer, as /v1/evaluate?proof=1 gives it. Where the answer here has the \
         same proof, the answer is printed.\n\n\
         Exit status: 0; 1 the proofs differ, or the answer has none; 2 the command was misused.",
        "Calcula a prova de uma resposta, ou a compara com uma de outro lugar.\n\n\
         Uma prova é um hash da expressão e da resposta, como /v1/evaluate?proof=1 a dá. Se a resposta daqui tem a mesma \
         prova, ela é mostrada.\n\n\
         Código de saída: 0; 1 as provas diferem, ou a resposta não tem uma; 2 o comando foi mal usado.",
    ),
    (
        "verify --mode",
        "The numbers to calculate in: python, exact or decimal:N.",
        "Os números em que se calcula: python, exact ou decimal:N.",
    ),
    ("verify EXPR", "An expression.", "Uma expressão."),
    ("verify PROOF", "The proof to compare, sha256: and 64 digits.", "A prova a comparar, sha256: e 64 algarismos."),
    (
        "repl",
        "Evaluate line after line, with history, completion and definitions that stay.\n\n\
         _ is the last answer; :help lists the commands. Ctrl-C clears the line, Ctrl-D ends. Where standard input is no \
         terminal, each line has one answer and there is no prompt.\n\n\
         Exit status: 0; 1 a line had no answer and standard input is no terminal; 2 the command was misused.",
        "Calcula linha após linha, com histórico, sugestões e definições que ficam.\n\n\
         _ é a última resposta; :help lista os comandos. Ctrl-C limpa a linha, Ctrl-D termina. Se a entrada padrão não for \
         um terminal, cada linha tem uma resposta e não há prompt.\n\n\
         Código de saída: 0; 1 uma linha ficou sem resposta e a entrada padrão não é um terminal; 2 o comando foi mal \
         usado.",
    ),
    (
        "repl --mode",
        "The numbers to begin with: python, exact or decimal:N.",
        "Os números do começo: python, exact ou decimal:N.",
    ),
    (
        "batch",
        "Evaluate one expression a line: lines, NDJSON or CSV in, NDJSON or CSV out in the same order.\n\n\
         A line is an expression, or an object of JSON with expr and maybe variables, mode, notation, decimal, digits, \
         format and group.\n\n\
         Exit status: 0, also if expressions failed, since their answers say so; 1 the input cannot be read or the \
         output cannot be written; 2 the command was misused, or the CSV has no such column.",
        "Calcula uma expressão por linha: entram linhas, NDJSON ou CSV, sai NDJSON ou CSV na mesma ordem.\n\n\
         Uma linha é uma expressão, ou um objeto JSON com expr e talvez variables, mode, notation, decimal, digits, format \
         e group.\n\n\
         Código de saída: 0, mesmo se expressões falharam, o que suas respostas dizem; 1 a entrada não pôde ser lida ou \
         a saída não pôde ser escrita; 2 o comando foi mal usado, ou o CSV não tem essa coluna.",
    ),
    (
        "batch FILE",
        "File to read; standard input if it is `-` or not given. A name that ends in .csv means --csv.",
        "Arquivo a ler; a entrada padrão se for `-` ou não for dado. Um nome que termina em .csv equivale a --csv.",
    ),
    (
        "batch --proof",
        "Add to each answer its proof, as verify computes it.",
        "Acrescenta a cada resposta sua prova, como verify a calcula.",
    ),
    (
        "batch --explain",
        "Add to each answer its canonical text, whether it is pure, and its fuel.",
        "Acrescenta a cada resposta o texto canônico, se é pura, e o combustível gasto.",
    ),
    (
        "batch --mode",
        "The numbers to calculate in where a line does not say it: python, exact or decimal:N.",
        "Os números em que se calcula quando a linha não diz: python, exact ou decimal:N.",
    ),
    (
        "batch --digits",
        "The most significant digits that are shown of a number, from 1 to 1000.",
        "O máximo de algarismos significativos de um número mostrado, de 1 a 1000.",
    ),
    (
        "batch --format",
        "How numbers are shown: auto, fixed:N (N decimals), sci, eng or fraction.",
        "Como os números são mostrados: auto, fixed:N (N casas decimais), sci, eng ou fraction.",
    ),
    (
        "batch --group",
        "What separates thousands: none, space, or sign (the one that is not the decimal sign).",
        "O que separa os milhares: none (nada), space (espaço) ou sign (o sinal que não é o decimal).",
    ),
    (
        "batch --csv",
        "Read CSV with a header: column expr holds expressions, the others are their variables.\n\n\
         A cell is an int (3), a float (0.1) or else a string. A column whose name no variable can have is none.\n\n\
         Columns are separated by commas, tabs or semicolons, as the header has it; between semicolons 0,1 is a float, \
         too, and floats are written so.",
        "Lê CSV com cabeçalho: a coluna expr tem as expressões, as outras são as variáveis delas.\n\n\
         Uma célula é um int (3), um float (0.1) ou então um texto. Uma coluna com nome que não serve a uma variável \
         não é variável.\n\n\
         As colunas são separadas por vírgulas, tabulações ou pontos e vírgulas, como no cabeçalho; entre pontos e \
         vírgulas 0,1 também é um float, e os floats são escritos assim.",
    ),
    (
        "batch --expr",
        "Evaluate this expression for every row of the CSV, all columns being variables.",
        "Calcula esta expressão para cada linha do CSV; todas as colunas são variáveis.",
    ),
    (
        "batch --column",
        "Name of the CSV's column that holds the expressions [default: expr].",
        "Nome da coluna do CSV que tem as expressões [padrão: expr].",
    ),
    (
        "batch --output",
        "What to print: a JSON object a line, or the rows of the CSV with the columns result and error.",
        "O que mostrar: um objeto JSON por linha, ou as linhas do CSV com as colunas result e error.",
    ),
    (
        "batch --threads",
        "Threads that evaluate, up to 1024 [default: one for each core].",
        "Threads que calculam, até 1024 [padrão: uma por núcleo].",
    ),
    (
        "plot",
        "Draw functions of x, as SVG or PNG, or on the terminal.\n\n\
         Exit status: 0; 1 an expression cannot be drawn; 2 the command was misused.",
        "Desenha funções de x, em SVG ou PNG, ou no terminal.\n\n\
         Código de saída: 0; 1 uma expressão não pode ser desenhada; 2 o comando foi mal usado.",
    ),
    ("plot EXPR", "Expressions of x, a curve each.", "Expressões de x, uma curva para cada."),
    (
        "plot --from",
        "Where x begins, a number or an expression [default: -10].",
        "Onde x começa, um número ou uma expressão [padrão: -10].",
    ),
    (
        "plot --to",
        "Where x ends, a number or an expression such as 2*pi [default: 10].",
        "Onde x termina, um número ou uma expressão como 2*pi [padrão: 10].",
    ),
    (
        "plot --y-from",
        "The lowest y that is shown [default: chosen by the values].",
        "O menor y que aparece [padrão: escolhido pelos valores].",
    ),
    (
        "plot --y-to",
        "The highest y that is shown [default: chosen by the values].",
        "O maior y que aparece [padrão: escolhido pelos valores].",
    ),
    ("plot --width", "Width in pixels [default: 720].", "Largura em pixels [padrão: 720]."),
    ("plot --height", "Height in pixels [default: 450].", "Altura em pixels [padrão: 450]."),
    (
        "plot --aspect",
        "free: the range of y fills the picture; equal: y has the scale of x, and circles are round.",
        "free: o intervalo de y enche a figura; equal: y tem a escala de x, e círculos ficam redondos.",
    ),
    (
        "plot --digits",
        "Digits of a number in the description, and most digits on an axis [default: 4 and 6].",
        "Algarismos de um número na descrição, e no máximo nos eixos [padrão: 4 e 6].",
    ),
    ("plot --font-size", "Height of texts in pixels [default: 12].", "Altura dos textos em pixels [padrão: 12]."),
    (
        "plot --points",
        "Mark zeros, local extremes and intersections with open dots.",
        "Marca zeros, extremos locais e interseções com pontos abertos.",
    ),
    (
        "plot --output",
        "File to write, SVG or PNG by its name; `-` is SVG on standard output.\n\n\
         If none is given, the curves are drawn in characters on a terminal; elsewhere SVG is written.",
        "Arquivo a escrever, SVG ou PNG conforme o nome; `-` é SVG na saída padrão.\n\n\
         Se nenhum for dado, as curvas são desenhadas em caracteres em um terminal; fora dele sai SVG.",
    ),
    (
        "plot --terminal",
        "Draw in characters even if standard output is no terminal, 80 across or as COLUMNS says.",
        "Desenha em caracteres mesmo que a saída padrão não seja um terminal, 80 por linha ou o que COLUMNS disser.",
    ),
    (
        "cache",
        "Look into the cache: list, show and remove what is remembered.\n\n\
         Asks the Redis of --redis, or else a server, with the token in TABUADA_ADMIN_TOKEN if that is set.\n\n\
         Exit status: 0; 1 what was asked for is not there or could not be done; 2 the command was misused.",
        "Examina o cache: lista, mostra e remove o que está lembrado.\n\n\
         Consulta o Redis de --redis ou, sem ele, um servidor, com o token de TABUADA_ADMIN_TOKEN se houver.\n\n\
         Código de saída: 0; 1 o que foi pedido não está lá ou não pôde ser feito; 2 o comando foi mal usado.",
    ),
    (
        "cache --server",
        "Server to ask [default: the one of TABUADA_LISTEN on this machine, if there is no --redis].",
        "Servidor a consultar [padrão: o de TABUADA_LISTEN nesta máquina, se não houver --redis].",
    ),
    ("cache --json", "Print JSON, one object a line.", "Mostra JSON, um objeto por linha."),
    (
        "cache stats",
        "Show what the server's cache did and holds; of a Redis, what is there.",
        "Mostra o que o cache do servidor fez e guarda; de um Redis, o que há nele.",
    ),
    ("cache keys", "List what is remembered.", "Lista o que está lembrado."),
    ("cache get", "Show what is remembered of one expression.", "Mostra o que está lembrado de uma expressão."),
    ("cache get KEY", "The expression, or its name in Redis.", "A expressão, ou seu nome no Redis."),
    ("cache delete", "Forget one expression.", "Esquece uma expressão."),
    ("cache delete KEY", "The expression, or its name in Redis.", "A expressão, ou seu nome no Redis."),
    ("cache clear", "Forget everything.", "Esquece tudo."),
    ("cache clear --yes", "Do not ask first.", "Não pergunta antes."),
    (
        "cache clear --variant",
        "Forget only this variant, the second part of a name in Redis: 1 or 1@exact, after an update to 2.",
        "Esquece só esta variante, a segunda parte de um nome no Redis: 1 ou 1@exact, depois de uma atualização para 2.",
    ),
    (
        "config",
        "Show every setting, its value and where the value comes from; secrets as ***.\n\n\
         Takes the flags of `serve`, reads the same variables and the same file, and starts nothing.\n\n\
         Exit status: 0; 2 a setting is wrong.",
        "Mostra cada configuração, seu valor e de onde ele vem; segredos como ***.\n\n\
         Aceita as opções de `serve`, lê as mesmas variáveis e o mesmo arquivo, e não inicia nada.\n\n\
         Código de saída: 0; 2 uma configuração está errada.",
    ),
    ("config --json", "Print one object of JSON.", "Mostra um objeto JSON."),
    (
        "health",
        "Ask a server whether it is ready, as a container's health check does.\n\n\
         Exit status: 0 it is; 1 it is not, or does not answer; 2 the command was misused.",
        "Pergunta a um servidor se está pronto, como faz a verificação de saúde de um contêiner.\n\n\
         Código de saída: 0 está; 1 não está, ou não responde; 2 o comando foi mal usado.",
    ),
    (
        "health SERVER",
        "The server, as HOST:PORT or http://HOST:PORT [default: the address of TABUADA_LISTEN].",
        "O servidor, como HOST:PORTA ou http://HOST:PORTA [padrão: o endereço de TABUADA_LISTEN].",
    ),
    (
        "completions",
        "Print a script by which a shell completes this command line.\n\n\
         Its place is the shell's: for bash ~/.local/share/bash-completion/completions/tabuada, for fish \
         ~/.config/fish/completions/tabuada.fish, for zsh a file _tabuada in a folder of $fpath.",
        "Mostra um script com o qual o shell completa esta linha de comando.\n\n\
         O lugar é o do shell: para bash ~/.local/share/bash-completion/completions/tabuada, para fish \
         ~/.config/fish/completions/tabuada.fish, para zsh um arquivo _tabuada numa pasta de $fpath.",
    ),
    ("completions SHELL", "The shell.", "O shell."),
    (
        "man",
        "Print a manual page, of the command or of one of its commands, for man -l.",
        "Mostra uma página de manual, do comando ou de um dos seus comandos, para man -l.",
    ),
    (
        "man COMMAND",
        "The command whose page it is; the page of tabuada itself if none is given.",
        "O comando de que é a página; a do próprio tabuada se nenhum for dado.",
    ),
];

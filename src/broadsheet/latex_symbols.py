"""Tables for `latex` and `latex_reader`: which TeX command is which sign. Data only."""

from __future__ import annotations


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def _names(table: str) -> frozenset[str]:
    return frozenset(table.split())


SYMBOLS = {
    **_pairs(
        r"""
    alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι
    kappa κ lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ
    phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ
    Upsilon Υ Phi Φ Psi Ψ Omega Ω upmu μ
    times × div ÷ pm ± mp ∓ cdot · ast ∗ star ⋆ circ ∘ bullet • bigstar ★
    oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙
    wedge ∧ vee ∨ land ∧ lor ∨ neg ¬ lnot ¬ cap ∩ cup ∪ setminus ∖ rtimes ⋊ ltimes ⋉ wr ≀
    le ≤ leq ≤ leqslant ⩽ ge ≥ geq ≥ geqslant ⩾ ne ≠ neq ≠ equiv ≡ approx ≈ sim ∼ simeq ≃ cong ≅
    propto ∝ ll ≪ gg ≫ lesssim ≲ gtrsim ≳ prec ≺ succ ≻ preceq ⪯ succeq ⪰ perp ⊥ parallel ∥
    mid ∣ nmid ∤ models ⊨ vdash ⊢ asymp ≍ doteq ≐ triangleq ≜ lt < gt > textless < textgreater >
    in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ emptyset ∅ varnothing ∅
    forall ∀ exists ∃ nexists ∄ infty ∞ nabla ∇ partial ∂ hbar ℏ ell ℓ Re ℜ Im ℑ aleph ℵ wp ℘
    to → rightarrow → leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔
    longrightarrow ⟶ longleftarrow ⟵ mapsto ↦ hookrightarrow ↪ uparrow ↑ downarrow ↓ implies ⇒
    iff ⇔ rightleftharpoons ⇌ nearrow ↗ searrow ↘ gets ← rightsquigarrow ⇝ leadsto ⇝
    sum ∑ prod ∏ int ∫ oint ∮ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂ coprod ∐
    langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lbrace { rbrace } lbrack [ rbrack ]
    vert | lvert | rvert | Vert ‖ lVert ‖ rVert ‖ backslash \ colon : prime ′ dagger † ddagger ‡
    dots … ldots … cdots ⋯ dotsc … dotsb ⋯ vdots ⋮ ddots ⋱ textellipsis …
    top ⊤ bot ⊥ angle ∠ triangle △ square □ Box □ diamond ⋄ Diamond ◇ checkmark ✓ natural ♮
    flat ♭ sharp ♯ deg ° degree ° arcdeg ° textdegree ° celsius °C percent % imath ı jmath ȷ i ı j ȷ
    AA Å aa å AE Æ ae æ OE Œ oe œ O Ø o ø L Ł l ł ss ß S § P ¶ copyright © pounds £ euro €
    textendash – textemdash — textquoteright ’ textquoteleft ‘ textbackslash \ textasciitilde ~
    textbar | sun ☉ msun M☉ Msun M☉ Angstrom Å LaTeX LaTeX TeX TeX
    | ‖ % % & & # # _ _ $ $ { { } } R ℝ N ℕ Z ℤ Q ℚ
    """
    ),
    **dict.fromkeys((",", ";", ":", " ", "quad", "qquad", "thinspace", "\\", "newline"), " "),
}

ABBREVIATIONS = {
    "ie": "i.e.", "eg": "e.g.", "etal": "et al.", "etc": "etc.", "cf": "cf.", "wrt": "w.r.t.",
    "vs": "vs.", "eps": "ε", "bmod": "mod", "space": " ",
}  # fmt: skip

# Combining characters, by the name of the accent command.
ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323",
    "b": "\u0331", "k": "\u0328", "r": "\u030a",
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304",
    "tilde": "\u0303", "widetilde": "\u0303", "vec": "\u20d7", "dot": "\u0307",
    "ddot": "\u0308", "check": "\u030c", "breve": "\u0306", "acute": "\u0301",
    "grave": "\u0300", "mathring": "\u030a", "not": "\u0338",
}  # fmt: skip

# Commands that only change the look of their argument.
WRAPPERS = _names(
    """
    text textbf textit textsc texttt textrm textsf textsl textnormal textmd textup emph mbox hbox
    mathrm mathbf mathcal mathbb Bbb mathfrak mathsf mathit mathtt mathscr mathnormal boldsymbol
    bm pmb operatorname underline uline ensuremath substack ce num mathop mathbin mathrel
    underbrace overbrace
    """
)

# Commands that show nothing.
SILENT = _names(
    """
    left right big Big bigg Bigg bigl bigr Bigl Bigr middle limits nolimits displaystyle
    textstyle scriptstyle rm bf it em sc tt sf sl cal small large normalsize noindent allowbreak
    mathstrut nonumber protect relax xspace par centering ! - /
    """
)

# Names that stand apart from the letter after them.
FUNCTIONS = _names(
    "log ln lg exp sin cos tan min max sup inf lim det gcd dim deg ker Pr arg argmin argmax softmax"
)

# Command names that are no English words, so that they can be told without their backslash.
BARE = _pairs(
    r"""forall ∀ infty ∞ nabla ∇ leq ≤ geq ≥ neq ≠ cdot · cdots ⋯ ldots … rightarrow →
    leftarrow ← leftrightarrow ↔ langle ⟨ rangle ⟩ notin ∉ subseteq ⊆ otimes ⊗ oplus ⊕"""
)

SUPERSCRIPTS = dict(
    zip(
        "0123456789+-=()nixabcdefghjklmoprstuvwyzT*′",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷʸᶻᵀ*′",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip("0123456789+-=()aeijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)
)
DOUBLE_STRUCK = dict(zip("CHNPQRZE1", "ℂℍℕℙℚℝℤ𝔼𝟙", strict=True))

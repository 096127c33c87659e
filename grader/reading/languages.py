"""Names in other languages than English: one fact for a submission, and no second punishment by other rules.

Only words that are frequent in code of that language and are no English word are known, so the list is short; letters
outside ASCII are seen by themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from .identifiers import Identifier, words
from .remarks import Remark, remark_at, short
from .tree import Module

TOOL = "naming"
FEWEST = 3
"""Different words: one may be a proper name."""

FOREIGN: Final = frozenset(
    # Spanish, Portuguese, Italian
    "nombre nombres lista listas valor valores numero numeros cantidad precio precios cliente "
    "clientes usuario usuarios datos dato suma resta resultado resultados contador palabra palabras "
    "archivo archivos edad apellido fecha mensaje cadena calcular mostrar imprimir buscar agregar "
    "eliminar guardar leer escribir opcion respuesta jugador juego nome nomes idade soma preco "
    "quantidade arquivo palavra mensagem linha linhas coluna senha usuario aluno alunos numeri "
    "parola parole somma prezzo utente utenti elenco conta risultato stampa leggi scrivi "
    # German
    "anzahl wert werte liste zahl zahlen summe ergebnis ergebnisse preis kunde kunden benutzer datei "
    "dateien zeile zeilen spalte eingabe ausgabe berechne drucke lese schreibe rechnung nachricht "
    "wort woerter laenge groesse "
    # French
    "nom noms prenom valeur valeurs nombre somme prix utilisateur fichier fichiers ligne lignes "
    "colonne mot mots resultat afficher calculer lire ecrire joueur reponse chaine longueur "
    # Polish, Czech, Dutch, Turkish, Indonesian, Russian in Latin letters
    "liczba liczby imie nazwa wynik suma slowo plik uzytkownik haslo cislo jmeno soubor vysledek "
    "slovo aantal naam woord bestand gebruiker sayi sayilar isim toplam kullanici sonuc deger kelime "
    "dosya angka nama jumlah hasil harga pilihan chislo chisla imya slovo otvet summa stroka spisok "
    "rezultat ".split()
)

Found = dict[str, tuple[str, ast.AST]]
"""Word → path and node where it was first seen."""


def collect(module: Module, table: list[Identifier], given: set[int], found: Found) -> None:
    """Add the foreign words of one file to `found`; lines in `given` are not the candidate's."""
    for identifier in table:
        if getattr(identifier.node, "lineno", 0) in given:
            continue
        for word in filter(is_foreign, words(identifier.name)):
            found.setdefault(word, (module.path, identifier.node))


def check(found: Found) -> Iterator[Remark]:
    """At most one finding, at the first such name of the submission."""
    if len(found) < FEWEST:
        return
    path, node = next(iter(found.values()))
    shown = ", ".join(f"`{short(word)}`" for word in list(found)[:6])
    message = f"{len(found)} words of names are not English ({shown}): can every colleague read them?"
    yield remark_at(TOOL, "non-english-names", path, node, message)


def is_foreign(word: str) -> bool:
    """A word that other rules must not judge by English."""
    return word in FOREIGN or (not word.isascii() and len(word) > 2)

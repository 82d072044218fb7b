"""Names of people and companies, made up from common words of Latin America and Spain."""

from __future__ import annotations

import random
import unicodedata

FIRST = (
    "Ana", "Andrés", "Beatriz", "Camila", "Carlos", "Carmen", "Catalina", "Cristina", "Daniel", "Diego",
    "Elena", "Esteban", "Fernanda", "Francisco", "Gabriela", "Gonzalo", "Inés", "Isabel", "Iván",
    "Javier", "Jimena", "Joaquín", "Jorge", "José", "Juan", "Julia", "Laura", "Leticia", "Lucía",
    "Luis", "Manuel", "Marcela", "Marcos", "Mariana", "Mario", "Martín", "Mateo", "Mercedes", "Miguel",
    "Natalia", "Nicolás", "Olga", "Pablo", "Patricia", "Paula", "Pedro", "Pilar", "Rafael", "Ramiro",
    "Raquel", "Ricardo", "Rocío", "Rosa", "Sandra", "Santiago", "Sara", "Sebastián", "Sofía", "Teresa",
    "Tomás", "Valentina", "Verónica", "Vicente", "Ximena",
)  # fmt: skip
LAST = (
    "Acosta", "Aguilar", "Álvarez", "Arango", "Benítez", "Bravo", "Cabrera", "Campos", "Cárdenas",
    "Castro", "Contreras", "Cruz", "Delgado", "Díaz", "Domínguez", "Escobar", "Espinosa", "Fernández",
    "Figueroa", "Flores", "Fuentes", "García", "Gómez", "González", "Guerrero", "Gutiérrez",
    "Hernández", "Herrera", "Ibáñez", "Iglesias", "Jiménez", "León", "López", "Lozano", "Maldonado",
    "Márquez", "Martínez", "Medina", "Mejía", "Méndez", "Mendoza", "Molina", "Montero", "Morales",
    "Moreno", "Muñoz", "Navarro", "Núñez", "Ochoa", "Ortega", "Ortiz", "Pacheco", "Paredes", "Peña",
    "Pérez", "Ponce", "Quintero", "Ramírez", "Ramos", "Restrepo", "Reyes", "Ríos", "Rivera",
    "Rodríguez", "Rojas", "Romero", "Ruiz", "Salazar", "Sánchez", "Sandoval", "Santos", "Silva", "Soto",
    "Suárez", "Torres", "Valencia", "Vargas", "Vega", "Velasco", "Vera", "Villalba", "Zamora",
)  # fmt: skip
TRADE = (
    "Agencia", "Asesoría", "Cafetería", "Carpintería", "Clínica", "Comercial", "Constructora",
    "Consultora", "Distribuidora", "Editorial", "Electricidad", "Estudio", "Ferretería", "Floristería",
    "Imprenta", "Inmobiliaria", "Laboratorio", "Librería", "Logística", "Muebles", "Panadería",
    "Papelería", "Taller", "Textiles", "Transportes", "Viajes",
)  # fmt: skip
PROPER = (
    "Alameda", "Alborada", "Altamira", "Andina", "Aurora", "Azahar", "Bahía", "Brisas", "Candelaria",
    "Capital", "Ceiba", "Cóndor", "Cordillera", "Delta", "Esmeralda", "Estrella", "Frontera", "Girasol",
    "Horizonte", "Iguazú", "Jacaranda", "Laguna", "Lucero", "Magdalena", "Meridiano", "Mirador",
    "Montaña", "Norte", "Nogal", "Orinoco", "Pacífico", "Palmar", "Pampa", "Paraíso", "Quetzal",
    "Ribera", "Roble", "Rosario", "Sabana", "Sierra", "Solar", "Tamarindo", "Terral", "Trébol", "Valle",
    "Veleta", "Vereda", "Victoria",
)  # fmt: skip
FORMS = {"CO": "S.A.S.", "MX": "S.A. de C.V.", "ES": "S.L.", "AR": "S.R.L.", "CL": "SpA", "PE": "S.A.C."}


def person_name(rng: random.Random) -> str:
    """A first name and two surnames."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)} {rng.choice(LAST)}"


def company_name(rng: random.Random, country: str) -> str:
    """A trade, a proper name, often a surname's family, and the country's form of company."""
    family = f" {rng.choice(LAST)}" if rng.random() < 0.35 else ""
    form = f" {FORMS[country]}" if country in FORMS and rng.random() < 0.7 else ""
    return f"{rng.choice(TRADE)} {rng.choice(PROPER)}{family}{form}"


def address(name: str, number: int) -> str:
    """An e-mail address that reaches nobody."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().split()
    return f"{plain[0]}.{plain[1]}{number}@facturo-demo.example"
